//! The search path of a Python that is not here: what was given, and what is known of its standard library.

use super::{Builder, Search, layers};
use crate::doctor::DoctorError;
use crate::doctor::module::path::Origin;
use crate::doctor::module::profile::Profile;
use crate::doctor::module::{ModuleOptions, lambda};
use crate::run::{Scratch, Stop};

/// Imitates the search of a Python of this version.
pub(in crate::doctor::module) fn described(
    version: (u32, u32),
    architecture: &str,
    options: &ModuleOptions,
    scratch: &Scratch,
    stop: &Stop,
) -> Result<Search, DoctorError> {
    let mut profile = Profile::described(version, architecture)?;
    let mut builder = Builder::default();
    let layers = if options.layers {
        profile.lambda = true;
        profile.glibc = lambda::glibc(version);
        let layers = layers::open(&options.paths, scratch, stop)?;
        layers::add(&mut builder, &layers, version, None)?;
        layers
    } else {
        builder.add_given(&options.paths)?;
        Vec::new()
    };
    let named = options.environment.iter().rfind(|(name, _)| name == "PYTHONPATH");
    if let Some((_, value)) = named {
        for path in std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()) {
            builder.add(&path, Origin::Pythonpath, false)?;
        }
    }
    let Builder { places, entries } = builder;
    Ok(Search { profile, places, entries, pth: Vec::new(), layers, front: Vec::new() })
}
