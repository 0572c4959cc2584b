//! Fits the prebuilt probe to a target.
//!
//! The probe is linked once against a libpython whose name is a placeholder, with placeholders for its
//! search path and its own name. Each is long enough for a real path and is overwritten in place.

use std::ffi::OsString;

use super::patch::{Editor, PatchError, Tag};

const NEEDED: &str = "@embedcheck-needed@";
const SEARCH: &str = "@embedcheck-search@";
const SONAME: &str = "@embedcheck-soname@";

/// What a copy of the probe is to state about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeShape {
    /// `DT_NEEDED` of the libpython; a name or a path. `None`: no such entry, the host provides it.
    pub needed: Option<String>,
    /// Where its dependencies are searched.
    pub search: Search,
    /// `DT_SONAME`. `None`: no such entry.
    pub soname: Option<String>,
}

/// Where the dependencies of a library or a program are searched: folders, separated by colons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// Only where ld.so searches by itself.
    #[default]
    None,
    /// `DT_RUNPATH`: serves the direct dependencies only, and comes after `LD_LIBRARY_PATH`.
    RunPath(OsString),
    /// `DT_RPATH`: serves dependencies of dependencies too, and comes before `LD_LIBRARY_PATH`.
    RPath(OsString),
}

/// Makes a copy of the prebuilt probe with this shape.
///
/// # Errors
///
/// When a placeholder is missing, or a string is longer than its placeholder.
pub fn shape_probe(bytes: &[u8], shape: &ProbeShape) -> Result<Vec<u8>, PatchError> {
    let mut editor = Editor::from_bytes(bytes.to_vec())?;
    let find = |editor: &Editor, tags: &[Tag], prefix| {
        for &tag in tags {
            if let Some(nth) = editor.find_string(tag, prefix)? {
                return Ok((tag, nth));
            }
        }
        Err(PatchError::NoPlaceholder(prefix))
    };

    let (tag, nth) = find(&editor, &[Tag::Needed], NEEDED)?;
    match &shape.needed {
        Some(name) => editor.set_string(tag, nth, name)?,
        None => editor.blank(tag, nth)?,
    }
    let (tag, nth) = find(&editor, &[Tag::Soname], SONAME)?;
    match &shape.soname {
        Some(name) => editor.set_string(tag, nth, name)?,
        None => editor.blank(tag, nth)?,
    }
    let (tag, nth) = find(&editor, &[Tag::RunPath, Tag::RPath], SEARCH)?;
    let (path, new_tag) = match &shape.search {
        Search::None => {
            editor.blank(tag, nth)?;
            return Ok(editor.into_bytes());
        }
        Search::RunPath(path) => (path, Tag::RunPath),
        Search::RPath(path) => (path, Tag::RPath),
    };
    editor.set_string(tag, nth, path)?;
    editor.retag(tag, nth, new_tag)?;
    Ok(editor.into_bytes())
}
