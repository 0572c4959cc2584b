//! The visit that would settle the matter, with what the log names filled in.

use std::path::Path;

use super::names::{Names, Version};
use super::trace;
use crate::diagnose::Visit;
use crate::diagnose::log::Recognised;
use crate::doctor::Fix;
use crate::doctor::shell;

/// The command, or what is missing for one.
pub(super) fn fix(one: &Recognised, names: &Names) -> Option<Fix> {
    match one.rule.visit {
        Visit::None => None,
        Visit::Module(template) => {
            let name = if template == "{name}" { one.name("name")? } else { template };
            Some(module(name, names))
        }
        Visit::Dll => Some(dll(one.name("file").or(one.name("own")), names)),
        Visit::Named => {
            let named = one.name("file").or(one.name("name"));
            let module_named = named.and_then(|file| loaded(file, names)).or_else(|| {
                let is_file = named.is_some_and(is_plugin);
                names.libraries.iter().filter(|_| !is_file).find_map(|file| module_of(file))
            });
            Some(match module_named {
                Some(name) => module(&name, names),
                None => dll(named, names),
            })
        }
        Visit::Import => names.trace.failed.as_deref().map(|name| module(name, names)),
    }
}

/// What would settle the matter of a line that no rule speaks of, and the line.
pub(super) fn open_question(names: &Names) -> Option<Fix> {
    if let Some(unfound) = names.trace.unfound.last() {
        let what = format!(
            "to see where {} is searched and what is there: no rule says why it is not found",
            unfound.name
        );
        return Some(Fix { what, ..module(&unfound.name, names) });
    }
    let (file, text) = names.refused.last()?;
    let fix = match loaded(file, names) {
        Some(name) => module(&name, names),
        None => dll(Some(file), names),
    };
    let what = format!("to see what is wrong with {file}, for which no rule has a cause: {text}");
    (!fix.commands.is_empty()).then_some(Fix { what, ..fix })
}

/// The module that a file is, or whose import asked for the file and did not get it.
fn loaded(file: &str, names: &Names) -> Option<String> {
    let is_import =
        || names.trace.loaded.iter().any(|known| known == file) || is_absent(file, names);
    module_of(file).or_else(|| names.trace.failed.clone().filter(|_| is_import()))
}

fn is_absent(file: &str, names: &Names) -> bool {
    names.absent.iter().any(|absent| absent == file)
}

fn module(name: &str, names: &Names) -> Fix {
    let mut command = format!("embedcheck doctor --module {}", shell::quoted(name));
    if names.is_lambda {
        command += " --lambda --path LAYER1.zip --path LAYER2.zip";
        let what = "see which layer brings what, and for which Python: put the layers, in the order of the function, \
                    in the place of LAYER1.zip and LAYER2.zip";
        return match names.python() {
            Some((major, minor)) => {
                Fix::command(what, format!("{command} --runtime {major}.{minor}"))
            }
            None => {
                Fix::command(format!("{what}, and add its Python version with --runtime"), command)
            }
        };
    }
    for folder in folders(names) {
        command += &format!(" --path {}", shell::path(folder.as_ref()));
    }
    command += &python(names);
    Fix::command("see what is there, and for which Python, where the log comes from", command)
}

fn dll(named: Option<&str>, names: &Names) -> Fix {
    let python = python(names);
    // What was not found is nowhere to be examined, and a name without a folder can be an example.
    let is_there = |file: &&str| is_plugin(file) && !is_absent(file, names);
    let elsewhere = || names.libraries.iter().map(String::as_str).filter(|file| file.contains('/'));
    // The same file with its folder, if another line has that.
    let whole = |name: &str| elsewhere().find(|file| file.rsplit('/').next() == Some(name));
    let named_there = named.filter(is_there).map(|file| whole(file).unwrap_or(file));
    let file = named_there.or_else(|| elsewhere().find(is_there));
    if let Some(file) = file {
        let command = format!("embedcheck doctor {}{python}", shell::path(file.as_ref()));
        return Fix::command(
            "see what its file says and what it does in hosts, where the log comes from",
            command,
        );
    }
    if let Some(absent) = named.filter(|file| is_plugin(file) && is_absent(file, names)) {
        return Fix::advice(format!(
            "see what the file says that needs {absent}, where the log comes from: the log does not name it; \
             `embedcheck doctor FILE{python}` for a plugin, `embedcheck doctor --module NAME{python}` for an \
             extension module"
        ));
    }
    let which = match names.plugins.first() {
        Some(plugin) => format!(" of the module {plugin}"),
        None => String::new(),
    };
    Fix::advice(format!(
        "see what the DLL{which} does in hosts, where the log comes from: the log does not name its file; \
         `embedcheck doctor FILE{python}`"
    ))
}

/// ` --python P` for the Python that the log is about.
fn python(names: &Names) -> String {
    let Some(version @ (major, minor)) = names.python() else { return String::new() };
    // One that is on every PATH is best named by its version, and with several nobody knows which.
    match interpreters(names, version).as_slice() {
        [path] if !is_on_path(path) => format!(" --python {}", shell::path(path.as_ref())),
        _ => format!(" --python {major}.{minor}"),
    }
}

fn interpreters(names: &Names, version: Version) -> Vec<&str> {
    let of_it = names.interpreters.iter().filter(|(of, _)| *of == version);
    of_it.map(|(_, path)| path.as_str()).collect()
}

/// The folders that this Python would not search by itself, in the order of its search path.
fn folders(names: &Names) -> Vec<&str> {
    const MOST: usize = 6;
    let prefixes: Vec<_> = names
        .python()
        .map_or(Vec::new(), |version| interpreters(names, version))
        .into_iter()
        .filter_map(|path| path.split_once("/bin/python").map(|(prefix, _)| prefix))
        .collect();
    // Of a virtual environment, or of an installation whose interpreter the log does not show.
    let is_of_another = |folder: &str| {
        folder.starts_with('/')
            && folder.ends_with("/site-packages")
            && !["/usr/lib", "/usr/local/lib"].iter().any(|system| folder.starts_with(system))
            && !folder.contains("/.local/")
            && !prefixes.iter().any(|prefix| Path::new(folder).starts_with(prefix))
    };
    let shown = names.search_path.iter().chain(&names.trace.folders).map(String::as_str);
    let shown = shown.filter(|folder| trace::is_foreign(folder) || is_of_another(folder));
    let mut folders: Vec<&str> = Vec::new();
    for folder in shown {
        if folders.len() < MOST && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

fn is_on_path(interpreter: &str) -> bool {
    ["/usr/bin/", "/usr/local/bin/", "/bin/"]
        .iter()
        .any(|folder| interpreter.strip_prefix(folder).is_some_and(|name| !name.contains('/')))
}

/// Whether a library can be the plugin: none of those that every program has, and no extension module.
fn is_plugin(file: &str) -> bool {
    const OTHERS: [&str; 24] = [
        "libpython",
        "libpypy",
        "libc.",
        "libm.",
        "libdl.",
        "libpthread",
        "librt.",
        "libutil",
        "libstdc++",
        "libgcc_s",
        "libffi",
        "libssl",
        "libcrypto",
        "libz.",
        "libexpat",
        "libgomp",
        "ld.so",
        "ld-linux",
        "ld-musl",
        "libreadline",
        "libtinfo",
        "libnss_",
        "libGL",
        "linux-vdso",
    ];
    let name = file.rsplit('/').next().unwrap_or(file);
    name.contains(".so")
        // A text about several systems, whose words run into one another.
        && !name.contains(".dll")
        && !name.contains(".dylib")
        && module_of(file).is_none()
        && !OTHERS.iter().any(|other| name.starts_with(other))
}

/// The full name of the extension module that a file is, told from its place or its ABI tag.
fn module_of(file: &str) -> Option<String> {
    let inside =
        ["/site-packages/", "/dist-packages/", "/lib-dynload/", "/opt/python/", "/var/task/"];
    let after = inside.iter().find_map(|folder| file.rsplit_once(folder)).map(|(_, rest)| rest);
    let is_tagged =
        file.contains(".cpython-") || file.contains(".abi3.so") || file.contains("/_cffi_backend.");
    let path = match after {
        Some(rest) if rest.contains(".so") && !rest.contains(".libs/") => rest,
        None if is_tagged => file.rsplit('/').next()?,
        _ => return None,
    };
    let (folder, name) = path.rsplit_once('/').map_or((None, path), |(a, b)| (Some(a), b));
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    let is_name = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let parts: Vec<_> = folder.iter().flat_map(|folder| folder.split('/')).chain([stem]).collect();
    parts.iter().all(|part| !part.is_empty() && is_name(part)).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_from_their_files() {
        for (file, name) in [
            (
                "/u/lib/python3.8/lib-dynload/_struct.cpython-38-x86_64-linux-gnu.so",
                Some("_struct"),
            ),
            (
                "/v/site-packages/cryptography/hazmat/bindings/_rust.abi3.so",
                Some("cryptography.hazmat.bindings._rust"),
            ),
            ("_cffi_backend.cpython-310-x86_64-linux-gnu.so", Some("_cffi_backend")),
            ("/opt/python/_cffi_backend.so", Some("_cffi_backend")),
            ("/usr/lib/obs-plugins/frontend-tools.so", None),
            ("./libmy_plugin.so", None),
            ("/v/site-packages/numpy.libs/libopenblas.so.0", None),
        ] {
            assert_eq!(module_of(file).as_deref(), name, "{file}");
        }
    }
}
