//! The DLLs of the tests, as files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck_c_harness::{NEEDED_PLACEHOLDER, SEARCH_PLACEHOLDER, SONAME_PLACEHOLDER};

/// A scratch folder.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a scratch folder can be made"))
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let file = self.0.path().join(name);
        fs::write(&file, bytes).expect("a scratch file can be written");
        file
    }

    /// The functions without Python.
    pub(crate) fn plain(&self) -> PathBuf {
        self.write("plain.so", embedcheck_c_harness::PLAIN)
    }

    /// A prebuilt library that needs that file.
    pub(crate) fn pointed(&self, name: &str, bytes: &[u8], needed: &Path) -> PathBuf {
        let mut bytes = bytes.to_vec();
        let needed = needed.to_str().expect("scratch folders have names in UTF-8");
        overwrite(&mut bytes, NEEDED_PLACEHOLDER, needed);
        overwrite(&mut bytes, SEARCH_PLACEHOLDER, "/nonexistent");
        overwrite(&mut bytes, SONAME_PLACEHOLDER, name);
        self.write(name, bytes)
    }

    /// `failing.c`, which works for that many calls; the error says why there is none.
    pub(crate) fn failing(&self, calls: u32) -> Result<PathBuf, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measure/failing.c");
        let file = self.0.path().join(format!("failing{calls}.so"));
        let mut compile = Command::new("cc");
        compile.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared"]);
        compile.arg(format!("-DCALLS={calls}")).arg("-o").arg(&file).arg(source);
        match compile.status() {
            Err(error) => Err(format!("there is no C compiler: cc: {error}")),
            // A compiler that refuses the file is no reason to skip.
            Ok(status) => {
                assert!(status.success(), "{compile:?}");
                Ok(file)
            }
        }
    }
}

fn overwrite(bytes: &mut [u8], placeholder: &str, text: &str) {
    let at = bytes.windows(placeholder.len()).position(|part| part == placeholder.as_bytes());
    let at = at.expect("the placeholder is in the library");
    let room = &mut bytes[at..at + placeholder.len()];
    room.fill(0);
    room[..text.len()].copy_from_slice(text.as_bytes());
}
