//! The DLLs that embed-dll makes: examples of this package, whose crate type is `cdylib`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The library of this name. `cargo test` has built it already; if only this test was asked for, all are
/// built now.
pub(crate) fn twin(name: &str) -> Result<PathBuf, String> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(build).clone()?;
    let file = folder.join(format!("libcontract_{name}.so"));
    if file.is_file() { Ok(file) } else { Err(format!("{} was not built", file.display())) }
}

fn build() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile = this.parent().and_then(Path::parent).ok_or("tests lie in target/PROFILE/deps")?;
    let folder = profile.file_name().and_then(|name| name.to_str()).unwrap_or("debug");
    // The folder of the profile `dev` has another name than the profile.
    let name = if folder == "debug" { "dev" } else { folder };
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--examples",
            "--profile",
            name,
        ])
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(profile.join("examples"))
}
