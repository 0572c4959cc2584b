//! Commands for this very interpreter.

use std::path::{Path, PathBuf};

use crate::dll::quote;

/// The pip of one interpreter, and where it is to install.
#[derive(Clone, Debug)]
pub(super) struct Pip {
    interpreter: PathBuf,
    /// A folder on the search path, in front; otherwise the interpreter's own.
    target: Option<PathBuf>,
}

impl Pip {
    pub(super) fn new(interpreter: &Path, target: Option<&Path>) -> Self {
        Self { interpreter: interpreter.to_owned(), target: target.map(Path::to_owned) }
    }

    /// The command that installs these, whatever is there.
    pub(super) fn install(&self, what: &[&str]) -> String {
        let mut words = vec![quote(self.interpreter.as_os_str())];
        words.extend(["-m", "pip", "install", "--force-reinstall"].map(str::to_owned));
        if let Some(target) = &self.target {
            words.extend([
                "--upgrade".to_owned(),
                "--target".to_owned(),
                quote(target.as_os_str()),
            ]);
        }
        words.extend(what.iter().map(|word| quote(word.as_ref())));
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted() {
        let pip = Pip::new(Path::new("/opt/my python/bin/python3.13"), None);
        assert_eq!(
            pip.install(&["cryptography>=42"]),
            "'/opt/my python/bin/python3.13' -m pip install --force-reinstall 'cryptography>=42'"
        );
        let pip = Pip::new(Path::new("/p"), Some(Path::new("/l/python")));
        assert_eq!(
            pip.install(&["cffi"]),
            "/p -m pip install --force-reinstall --upgrade --target /l/python cffi"
        );
    }
}
