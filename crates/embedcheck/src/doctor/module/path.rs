//! The module search path: where each entry comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry of the search path, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The folder or archive, as the interpreter would name it.
    pub path: String,
    /// Why it is on the path.
    pub origin: Origin,
    /// What is there.
    pub state: EntryState,
}

/// Why an entry is on the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A path that was given; counted from 1.
    Option(usize),
    /// A layer of AWS Lambda; counted from 1, in the order of the function.
    Layer(usize),
    /// The variable `PYTHONPATH`.
    Pythonpath,
    /// The standard library, as files or as an archive.
    Stdlib,
    /// The extension modules of the standard library.
    Dynload,
    /// The user site.
    UserSite,
    /// `site-packages` of the prefix, or of the virtual environment.
    SitePackages,
    /// `dist-packages`, where Debian puts what its packages install.
    DistPackages,
    /// A line of this `.pth` file.
    Pth(String),
    /// Something else that the interpreter added, such as `sitecustomize`.
    Other,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// A folder that can be read.
    Folder,
    /// A zip archive.
    Archive,
    /// Nothing is there, which is usual for the archive of the standard library.
    Absent,
    /// It is there and cannot be read, or is neither a folder nor an archive.
    Unusable,
}
