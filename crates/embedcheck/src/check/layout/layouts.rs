//! The layouts, as data.

/// Where the files of a case lie and what leads to libpython.
///
/// Paths are relative to the folder of the case. In what ld.so reads, `{here}` stands for that
/// folder and `{libdir}` for the folder of the target's own libpython.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// For the name of a case.
    pub(super) words: &'static str,
    /// The DLL.
    pub(super) dll: &'static str,
    /// What the DLL says about the search.
    pub(super) search: Hint,
    /// The folder of a libpython that is put there; without one there is only the target's own.
    pub(super) libpython: Option<&'static str>,
    /// The folder of a library that the DLL names instead of libpython, that names libpython in turn
    /// and says nothing about the search.
    pub(super) between: Option<&'static str>,
    /// `LD_LIBRARY_PATH`.
    pub(super) library_path: Option<&'static str>,
    /// Symbolic links: where, and to what. In both, `{soname}` stands for that of libpython.
    pub(super) links: &'static [(&'static str, &'static str)],
    /// The path by which the DLL is opened, if it is another than that of the file.
    pub(super) opened: Option<&'static str>,
    /// Where ld.so finds libpython.
    pub(super) lands: Lands,
    /// Whether a DLL of CFFI is laid out in the same way. It adds nothing where one of another
    /// layout differs in the names of folders only, and its linker would have to run again.
    pub(super) cffi: bool,
    /// What a DLL made with embed-dll, which is linked to nothing, is told of the same libpython in
    /// [`NAMED_LIBPYTHON`](crate::check::plugin::NAMED_LIBPYTHON), where that can be said.
    /// `{soname}` stands for that of libpython. Only for layouts that land in a folder.
    pub(super) told: Option<&'static str>,
}

/// The search path in a DLL.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hint {
    /// Neither tag.
    None,
    /// `DT_RUNPATH`.
    RunPath(&'static str),
    /// `DT_RPATH`.
    RPath(&'static str),
}

/// Where ld.so finds libpython.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lands {
    /// In this folder.
    In(&'static str),
    /// Not by the layout: only if it is in ld.so.cache or a default folder.
    SystemOnly,
}

use Hint::{RPath, RunPath};
use Lands::{In, SystemOnly};

/// A DLL with nothing around it.
const BARE: Layout = Layout {
    words: "",
    dll: "plugin.so",
    search: Hint::None,
    libpython: None,
    between: None,
    library_path: None,
    links: &[],
    opened: None,
    lands: SystemOnly,
    cffi: true,
    told: None,
};

pub(super) static NOTHING: &[Layout] = &[Layout { words: "no hint", ..BARE }];

pub(super) static ABSOLUTE: &[Layout] = &[Layout {
    words: "absolute RUNPATH",
    search: RunPath("{libdir}"),
    lands: In("{libdir}"),
    told: Some("{libdir}/{soname}"),
    ..BARE
}];

pub(super) static RPATH: &[Layout] =
    &[Layout { words: "absolute RPATH", search: RPath("{libdir}"), lands: In("{libdir}"), ..BARE }];

pub(super) static ORIGIN: &[Layout] = &[Layout {
    words: "RUNPATH $ORIGIN",
    search: RunPath("$ORIGIN"),
    libpython: Some("."),
    lands: In("{here}"),
    told: Some("$ORIGIN/{soname}"),
    ..BARE
}];

const ORIGIN_LIB_LAYOUT: Layout = Layout {
    words: "RUNPATH $ORIGIN/../lib",
    dll: "bundle/plugin/plugin.so",
    search: RunPath("$ORIGIN/../lib"),
    libpython: Some("bundle/lib"),
    lands: In("{here}/bundle/lib"),
    told: Some("$ORIGIN/../lib/{soname}"),
    ..BARE
};

pub(super) static ORIGIN_LIB: &[Layout] = &[ORIGIN_LIB_LAYOUT];

pub(super) static ORIGIN_VENV: &[Layout] = &[Layout {
    words: "RUNPATH $ORIGIN/../venv/bin",
    dll: "bundle/plugin/plugin.so",
    search: RunPath("$ORIGIN/../venv/bin"),
    libpython: Some("bundle/venv/bin"),
    lands: In("{here}/bundle/venv/bin"),
    told: Some("$ORIGIN/../venv/bin/{soname}"),
    ..BARE
}];

pub(super) static RPATH_TRANSITIVE: &[Layout] = &[Layout {
    words: "RPATH, a library between",
    search: RPath("$ORIGIN/between:$ORIGIN/lib"),
    between: Some("between"),
    libpython: Some("lib"),
    lands: In("{here}/lib"),
    cffi: false,
    ..BARE
}];

pub(super) static RUNPATH_NOT_TRANSITIVE: &[Layout] = &[Layout {
    words: "RUNPATH, a library between",
    search: RunPath("$ORIGIN/between:$ORIGIN/lib"),
    between: Some("between"),
    libpython: Some("lib"),
    lands: SystemOnly,
    cffi: false,
    ..BARE
}];

pub(super) static ENV_ONLY: &[Layout] = &[Layout {
    words: "LD_LIBRARY_PATH",
    libpython: Some("lib"),
    library_path: Some("{here}/lib"),
    lands: In("{here}/lib"),
    ..BARE
}];

pub(super) static ENV_AGAINST_RPATH: &[Layout] = &[Layout {
    words: "RPATH to one libpython, LD_LIBRARY_PATH to another",
    search: RPath("{libdir}"),
    libpython: Some("decoy"),
    library_path: Some("{here}/decoy"),
    lands: In("{libdir}"),
    ..BARE
}];

pub(super) static ENV_AGAINST_RUNPATH: &[Layout] = &[Layout {
    words: "RUNPATH to one libpython, LD_LIBRARY_PATH to another",
    search: RunPath("{libdir}"),
    libpython: Some("decoy"),
    library_path: Some("{here}/decoy"),
    lands: In("{here}/decoy"),
    ..BARE
}];

/// A bundle before and after it is moved, for each way to say where its libpython is.
pub(super) static MOVED: &[[Layout; 2]] = &[
    [
        ORIGIN_LIB_LAYOUT,
        Layout {
            words: "moved, RUNPATH $ORIGIN/../lib",
            dll: "moved/plugin/plugin.so",
            lands: In("{here}/moved/lib"),
            ..ORIGIN_LIB_LAYOUT
        },
    ],
    [
        Layout {
            words: "absolute RUNPATH into the bundle",
            search: RunPath("{here}/bundle/lib"),
            cffi: false,
            told: None,
            ..ORIGIN_LIB_LAYOUT
        },
        Layout {
            words: "moved, absolute RUNPATH to where the bundle was",
            dll: "moved/plugin/plugin.so",
            search: RunPath("{here}/bundle/lib"),
            lands: SystemOnly,
            cffi: false,
            told: None,
            ..ORIGIN_LIB_LAYOUT
        },
    ],
];

/// The folders of [`MOVED`].
pub(super) const BEFORE_AND_AFTER: [&str; 2] = ["bundle", "moved"];

const BESIDE: Layout = Layout {
    dll: "real/plugin.so",
    search: RunPath("$ORIGIN"),
    libpython: Some("real"),
    opened: Some("linked/plugin.so"),
    ..BARE
};

/// `$ORIGIN` is the folder of the path that the DLL is opened by. glibc takes it from the name of
/// the object (`_dl_new_object` in elf/dl-object.c), and follows no symbolic link.
pub(super) static SYMLINK: &[Layout] = &[
    Layout {
        words: "a link to the DLL alone",
        links: &[("linked/plugin.so", "../real/plugin.so")],
        lands: SystemOnly,
        ..BESIDE
    },
    Layout {
        words: "links to the DLL and to libpython",
        links: &[
            ("linked/plugin.so", "../real/plugin.so"),
            ("linked/{soname}", "../real/{soname}"),
        ],
        lands: In("{here}/real"),
        cffi: false,
        told: Some("$ORIGIN/{soname}"),
        ..BESIDE
    },
    Layout {
        words: "a link to the folder",
        links: &[("linked", "real")],
        lands: In("{here}/real"),
        told: Some("$ORIGIN/{soname}"),
        ..BESIDE
    },
];

pub(super) static AWKWARD_NAMES: &[Layout] = &[
    Layout {
        words: "spaces, letters beyond ASCII and a colon, RUNPATH $ORIGIN",
        dll: "my plug-ins: größer, 蟒蛇/plugin.so",
        search: RunPath("$ORIGIN/lib"),
        libpython: Some("my plug-ins: größer, 蟒蛇/lib"),
        lands: In("{here}/my plug-ins: größer, 蟒蛇/lib"),
        told: Some("$ORIGIN/lib/{soname}"),
        ..BARE
    },
    Layout {
        words: "spaces and letters beyond ASCII, absolute RUNPATH",
        dll: "my plug-ins, größer, 蟒蛇/plugin.so",
        search: RunPath("{here}/my plug-ins, größer, 蟒蛇/lib"),
        libpython: Some("my plug-ins, größer, 蟒蛇/lib"),
        lands: In("{here}/my plug-ins, größer, 蟒蛇/lib"),
        cffi: false,
        ..BARE
    },
    Layout {
        words: "a colon, absolute RUNPATH",
        dll: "plug-ins:new/plugin.so",
        search: RunPath("{here}/plug-ins:new/lib"),
        libpython: Some("plug-ins:new/lib"),
        lands: SystemOnly,
        cffi: false,
        ..BARE
    },
];
