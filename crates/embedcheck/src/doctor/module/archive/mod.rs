//! Zip archives from strangers: read and unpacked within bounds, refused with a reason.

mod names;
mod unpack;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use names::checked;

use super::regular;

/// What `is_zip` of zipfile.py looks for, too: the end of the central directory.
const MAGIC: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// Members of one archive. A layer of AWS Lambda has some ten thousand at most.
const MAX_MEMBERS: usize = 100_000;
/// Bytes of one archive when unpacked. A function of AWS Lambda may have 250 MB with all its layers.
const MAX_UNPACKED: u64 = 1 << 30;
/// How many times its own size an archive may unpack to, above [`SMALL`]. Deflate reaches 1032; wheels stay below 10.
const MAX_RATIO: u64 = 100;
/// Bytes that an archive may unpack to whatever its ratio.
const SMALL: u64 = 64 << 20;

/// Why an archive is refused; the message names it.
#[derive(Debug, Error)]
pub(in crate::doctor) enum ArchiveError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The archive.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no zip archive, or a damaged one.
    #[error("{} is no zip archive that can be read: {reason}; make it again", path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It would do harm, or is not what an archive of modules can be.
    #[error("{} is refused: {reason}", path.display())]
    Refused {
        /// The archive.
        path: PathBuf,
        /// What is wrong about it.
        reason: String,
    },
}

/// A zip archive whose member names were all found to stay inside.
#[derive(Debug)]
pub(in crate::doctor) struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    members: Vec<Member>,
}

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) struct Member {
    /// Its name with `/` between folders, without one at the end.
    pub(in crate::doctor) name: String,
    /// What it is.
    pub(in crate::doctor) kind: MemberKind,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::doctor) enum MemberKind {
    /// A file.
    File,
    /// A folder, if the archive has a member for it.
    Folder,
    /// A symbolic link; its target is the content.
    Link,
}

/// Whether a file begins as zip archives do. An archive behind a script is one for Python, too, and is not recognised:
/// nobody names such a file as a layer.
pub(super) fn looks_like_one(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = regular::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && MAGIC.contains(&&head[..])
}

impl Archive {
    /// Opens an archive and looks at all its names, and at nothing else.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is damaged, or is one that nobody should unpack.
    pub(in crate::doctor) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = regular::open(path)
            .map_err(|source| ArchiveError::Io { path: path.to_owned(), source })?;
        let mut zip =
            ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(path, error))?;
        let refused = |reason: String| ArchiveError::Refused { path: path.to_owned(), reason };
        if zip.len() > MAX_MEMBERS {
            return Err(refused(format!(
                "it has {} members, more than the {MAX_MEMBERS} that are unpacked",
                zip.len()
            )));
        }
        if zip.has_duplicate_names() {
            return Err(refused("two of its members have the same name".to_owned()));
        }
        let mut members = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index).map_err(|error| damaged(path, error))?;
            let name = String::from_utf8(member.name_raw().to_vec()).map_err(|error| {
                let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
                refused(format!("the name of its member `{name}` is no UTF-8"))
            })?;
            let name =
                checked(&name).map_err(|why| refused(format!("its member `{name}` {why}")))?;
            if member.encrypted() {
                return Err(refused(format!(
                    "its member `{name}` is encrypted, which neither Python nor AWS Lambda can read"
                )));
            }
            let kind = if member.is_symlink() {
                MemberKind::Link
            } else if member.is_dir() {
                MemberKind::Folder
            } else {
                MemberKind::File
            };
            members.push(Member { name, kind });
        }
        Ok(Self { path: path.to_owned(), zip, members })
    }

    /// Its members, in the order of its directory.
    pub(in crate::doctor) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The content of a file, or at most the first `limit` bytes of it; `None` when there is no such member.
    ///
    /// # Errors
    ///
    /// When the member is damaged.
    pub(in crate::doctor) fn read(
        &mut self,
        name: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(index) = self.members.iter().position(|member| member.name == name) else {
            return Ok(None);
        };
        self.read_at(index, limit).map(Some)
    }

    fn read_at(&mut self, index: usize, limit: u64) -> Result<Vec<u8>, ArchiveError> {
        let member = self.zip.by_index(index).map_err(|error| damaged(&self.path, error))?;
        let mut content = Vec::new();
        member.take(limit).read_to_end(&mut content).map_err(|error| ArchiveError::Damaged {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        Ok(content)
    }

    fn refused(&self, reason: impl Into<String>) -> ArchiveError {
        ArchiveError::Refused { path: self.path.clone(), reason: reason.into() }
    }
}

fn damaged(path: &Path, error: ZipError) -> ArchiveError {
    let path = path.to_owned();
    match error {
        // The end of a truncated archive is what it lacks.
        ZipError::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            ArchiveError::Io { path, source }
        }
        other => ArchiveError::Damaged { path, reason: other.to_string() },
    }
}

#[cfg(test)]
mod tests;
