//! The DLLs that embed-dll makes: examples of this package, whose crate type is `cdylib`.

use std::path::PathBuf;
use std::sync::OnceLock;

use embedcheck_tests::examples;

/// The library of this name.
pub(crate) fn twin(name: &str) -> Result<PathBuf, String> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| examples(&[])).clone()?;
    let file = folder.join(format!("libcontract_{name}.so"));
    if file.is_file() { Ok(file) } else { Err(format!("{} was not built", file.display())) }
}
