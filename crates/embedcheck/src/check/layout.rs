//! `layout/…`: where the files lie, and which of RPATH, RUNPATH, `$ORIGIN` and the environment leads
//! to libpython.
//!
//! Each layout is a real tree of folders. Which libpython ld.so takes there, and by which rule, is
//! computed from the files first; then real hosts open the DLL, and the file that they have mapped
//! must be that one.

mod landing;
mod layouts;
mod linked;
mod moved;
mod place;
mod seen;

use self::layouts::{
    ABSOLUTE, AWKWARD_NAMES, ENV_AGAINST_RPATH, ENV_AGAINST_RUNPATH, ENV_ONLY, Layout, NOTHING,
    ORIGIN, ORIGIN_LIB, ORIGIN_VENV, RPATH, RPATH_TRANSITIVE, RUNPATH_NOT_TRANSITIVE, SYMLINK,
};
use self::seen::Seen;
use super::{Finding, Lab, LabError, checks};

checks! { false;
    "layout/absolute" "an absolute RUNPATH leads a DLL to its libpython" Low
        |lab| table(lab, ABSOLUTE);
    "layout/origin" "RUNPATH $ORIGIN leads to a libpython beside the DLL" Low
        |lab| table(lab, ORIGIN);
    "layout/origin-lib" "RUNPATH $ORIGIN/../lib leads to a libpython in a folder beside that of the DLL" Low
        |lab| table(lab, ORIGIN_LIB);
    "layout/origin-venv" "RUNPATH $ORIGIN/../venv/bin leads to a libpython in the bin of an environment" Low
        |lab| table(lab, ORIGIN_VENV);
    "layout/rpath" "an absolute RPATH leads a DLL to its libpython" Low
        |lab| table(lab, RPATH);
    "layout/rpath-transitive" "the RPATH of a DLL serves the libraries that it needs, too" Low
        |lab| table(lab, RPATH_TRANSITIVE);
    "layout/runpath-not-transitive" "the RUNPATH of a DLL does not serve the libraries that it needs" Low
        |lab| table(lab, RUNPATH_NOT_TRANSITIVE);
    "layout/env-only" "LD_LIBRARY_PATH alone leads a DLL without RUNPATH to libpython" Low
        |lab| table(lab, ENV_ONLY);
    "layout/env-against-rpath" "RPATH wins over LD_LIBRARY_PATH" Low
        |lab| table(lab, ENV_AGAINST_RPATH);
    "layout/env-against-runpath" "LD_LIBRARY_PATH wins over RUNPATH" Low
        |lab| table(lab, ENV_AGAINST_RUNPATH);
    "layout/nothing" "without any hint a DLL finds only a libpython that ld.so.cache or a default folder has" Low
        |lab| table(lab, NOTHING);
    "layout/moved" "a bundle with RUNPATH $ORIGIN/../lib can be moved, one with an absolute RUNPATH cannot" Low
        moved::moved;
    "layout/symlink" "$ORIGIN is the folder of the path that the DLL is opened by, with links not followed" Low
        |lab| table(lab, SYMLINK);
    "layout/awkward-names" "folders may have spaces and any letters in their names; a colon takes $ORIGIN" Low
        |lab| table(lab, AWKWARD_NAMES);
    "layout/linked-rpath" "a host linked to the DLL finds it with an absolute -rpath" Medium
        linked::rpath;
    "layout/linked-origin" "a host linked to the DLL with -rpath $ORIGIN can be moved together with it" Medium
        linked::origin;
    "layout/linked-rpath-link" "a host can be linked to a DLL without RUNPATH by means of -rpath-link" Medium
        linked::rpath_link;
}

/// Lays each of them out for each producer and each host, and looks where ld.so lands.
fn table(lab: &Lab<'_>, layouts: &[Layout]) -> Result<Finding, LabError> {
    let mut seen = Seen::default();
    for layout in layouts {
        for (producer, host) in seen.settings(lab, layout)? {
            let folder = lab.folder(&format!("{}-{}", producer.word(), host.kind))?;
            let plugin = layout.lay_out(lab, producer, folder.path())?;
            seen.open(lab, layout, &plugin, &host, folder.path())?;
        }
    }
    Ok(seen.conclude())
}
