//! Each log with what must be recognised in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::diagnose::{RULES, When};
use embedcheck::doctor::{Diagnosis, explain};

/// A log, the causes in their order, and a part of the visit that is proposed first; empty for none.
type Row = (&'static str, &'static [&'static str], &'static str);

#[rustfmt::skip]
const LOGS: &[Row] = &[
    ("after-finalize", &["call-after-finalize"], "embedcheck doctor ./libplug.so --python 3.11"),
    ("backend-compiled-for", &["backend-version"], "embedcheck doctor --module _cffi_backend --path /srv/app/venv/lib/python3.10/site-packages --python 3.10"),
    ("backend-mismatch", &["backend-mismatch"], "embedcheck doctor --module _cffi_backend --python 3.10"),
    ("backend-mismatch-old", &["backend-mismatch-old"], "embedcheck doctor --module _cffi_backend --python 3.5"),
    ("backend-mismatch-path", &["backend-mismatch"], "embedcheck doctor --module _cffi_backend --path /srv/build/site4 --path /srv/venv/lib/python3.12/site-packages --python 3.12"),
    ("backend-missing-in-folder", &["backend-missing-in-python"], "embedcheck doctor --module _cffi_backend --path /srv/job/vendor --path /srv/build/site"),
    ("backend-shadowed", &["backend-shadowed"], "embedcheck doctor --module _cffi_backend --path /srv/plugins --python 3.12"),
    ("backend-version-new-text", &["backend-version"], "embedcheck doctor --module _cffi_backend --python /opt/py313/bin/python3.13"),
    ("backend-version-old-text", &["backend-version"], "embedcheck doctor --module _cffi_backend --python /opt/old/bin/python2.7"),
    ("callback-exception", &["callback-exception"], ""),
    ("callback-result", &["callback-result"], ""),
    ("cffi-free-threaded", &["cffi-free-threaded"], "embedcheck doctor --module _cffi_backend --python 3.13"),
    ("cffi-plugin-other-python", &["backend-missing-in-plugin"], "embedcheck doctor --module _cffi_backend --python 3.11"),
    ("child-poisoned", &["child-poisoned"], ""),
    ("dll-without-libpython", &["dll-without-libpython"], "embedcheck doctor /usr/lib/kamailio/modules/app_python3.so"),
    ("embed-dll-init-raised", &["embed-dll-init-raised"], ""),
    ("embed-dll-no-libpython", &["embed-dll-no-libpython"], ""),
    ("embed-dll-several", &["embed-dll-several-pythons"], ""),
    ("embed-dll-start-failed", &["embed-dll-start-failed"], ""),
    ("embed-dll-told-libpython", &["embed-dll-told-libpython"], ""),
    ("embed-dll-version", &["embed-dll-version"], ""),
    ("file-too-short", &["damaged-file"], "embedcheck doctor --module _cffi_backend --path /srv/p/site-packages --python 3.13"),
    ("gil-no-current-thread", &["gil-not-held"], ""),
    ("gil-not-held", &["gil-not-held"], ""),
    ("glibc-too-old", &["glibc-too-old"], "embedcheck doctor --module cryptography.hazmat.bindings._rust --lambda --path LAYER1.zip --path LAYER2.zip --runtime 3.11"),
    ("glibcxx", &["version-missing"], "embedcheck doctor --module scipy.fft._pocketfft.pypocketfft --python 3.10"),
    ("home-not-found", &["home-not-found"], ""),
    ("home-set-wrong", &["home-set-wrong"], ""),
    ("home-uv", &["home-of-build-machine"], ""),
    ("host-library-shadows", &["host-library-shadows"], "embedcheck doctor --module pyexpat --python /opt/py312/bin/python3.12"),
    ("imported-without-symbol", &["imported-without-symbol"], "embedcheck doctor --module shop.fast --path /srv/app"),
    ("init-code-raised", &["cffi-init-failed"], ""),
    ("init-module-is-the-dll", &["init-module-missing"], ""),
    ("init-module-missing", &["init-module-missing"], "embedcheck doctor --module gt4py --python 3.11"),
    ("invalid-elf-header", &["damaged-file"], "embedcheck doctor --module _cffi_backend --path /var/app/vendor"),
    ("lambda-import-error-json", &["backend-missing-in-layers"], "embedcheck doctor --module _cffi_backend --lambda --path LAYER1.zip --path LAYER2.zip"),
    ("lambda-stack-trace-json", &["backend-missing-in-layers"], "embedcheck doctor --module _cffi_backend --lambda --path LAYER1.zip --path LAYER2.zip"),
    ("libffi-8-missing", &["libffi-missing"], "embedcheck doctor --module _cffi_backend --path /opt/tool/lib/python3.10/site-packages --python 3.10"),
    ("libffi-missing", &["libffi-missing"], "embedcheck doctor --module _cffi_backend --lambda --path LAYER1.zip --path LAYER2.zip"),
    ("libffi-other", &["libffi-other"], "embedcheck doctor /lib/x86_64-linux-gnu/libp11-kit.so.0 --python /opt/conda/envs/gis/bin/python3.9"),
    ("libpypy-not-found", &["libpython-not-found"], ""),
    ("libpython-a-not-pic", &["libpython-a-not-pic"], ""),
    ("libpython-dev-name", &["libpython-dev-name"], ""),
    ("libpython-elsewhere", &["libpython-elsewhere"], ""),
    ("libpython-not-found-apache", &["libpython-not-found"], "embedcheck doctor /usr/lib/apache2/modules/mod_wsgi.so --python 3.9"),
    ("libpython-not-found-loader", &["libpython-not-found"], ""),
    ("library-by-ctypes", &["library-not-found"], ""),
    ("library-not-found", &["library-not-found"], "embedcheck doctor ./libmy_plugin.so"),
    ("library-of-a-module", &["library-not-found"], "embedcheck doctor --module nn._C"),
    ("link-dso-missing", &["link-dso-missing"], ""),
    ("link-no-libpython", &["link-no-libpython"], ""),
    ("link-rpath-link", &["link-needs-rpath-link"], ""),
    ("link-without-libpython", &["link-without-libpython"], ""),
    ("loaded-twice", &["loaded-twice"], ""),
    ("module-of-free-threaded", &["module-of-free-threaded"], "embedcheck doctor --module _cffi_backend --path /opt/ft/lib/python3.15t/site-packages --python 3.15"),
    ("module-of-newer-python", &["module-of-other-python"], "embedcheck doctor --module ex --path /srv/app/build --python 3.8"),
    ("module-of-other-python", &["module-of-other-python"], "embedcheck doctor --module _cffi_backend --path /opt/py/lib/python3.13/site-packages --python 3.13"),
    ("module-of-python-2", &["module-of-python-2"], "embedcheck doctor --module _speedups --path /srv/app/lib"),
    ("musl-ldd", &["musl-ldd"], "embedcheck doctor --module pywayland._ffi --python 3.11"),
    ("musl-library-not-found", &["musl-library-not-found"], ""),
    ("musl-symbol", &["musl-symbol-not-found"], "embedcheck doctor --module _struct --python 3.12"),
    ("namespaces", &["namespaces-share-thread-data"], ""),
    ("no-argv", &["no-argv"], ""),
    ("no-embed-metadata", &["no-embed-metadata"], ""),
    ("no-ffi-headers", &["no-ffi-headers"], "embedcheck doctor --module _cffi_backend --python 3.12"),
    ("no-python-headers", &["no-python-headers"], ""),
    ("no-shared-libpython", &["no-shared-libpython"], ""),
    ("no-shared-libpython-reticulate", &["no-shared-libpython"], ""),
    ("one-interpreter", &["one-interpreter-only"], ""),
    ("openssl-version", &["version-missing"], "embedcheck doctor --module _ssl --python /opt/conda/bin/python3.12"),
    ("origin-eaten", &["origin-eaten"], ""),
    ("other-interpreter", &["other-interpreter"], ""),
    ("other-libc", &["other-libc"], "embedcheck doctor --module _cffi_backend --path /app/site-packages --python 3.12"),
    ("plugin-without-libpython", &["plugin-without-libpython"], "embedcheck doctor /usr/lib/x86_64-linux-gnu/hexchat/plugins/python.so"),
    ("prose-seed-000", &["backend-missing-beside-dist-packages"], "embedcheck doctor --module _cffi_backend --python 3.13"),
    ("prose-seed-001", &["backend-missing-in-layers"], "embedcheck doctor --module _cffi_backend --lambda --path LAYER1.zip --path LAYER2.zip --runtime 3.12"),
    ("prose-seed-002", &["backend-version", "pypy-home"], "embedcheck doctor --module _cffi_backend"),
    ("pybind11-version", &["pybind11-version"], "embedcheck doctor --module ex --python 3.11"),
    ("pyinit-interposed", &["pyinit-interposed"], ""),
    ("pyo3-not-initialized", &["pyo3-not-initialized"], ""),
    ("pyo3-panic-alone", &["pyo3-panic"], ""),
    ("pypy-home", &["pypy-home"], ""),
    ("pytest-pure-python", &["backend-missing-in-python"], "embedcheck doctor --module _cffi_backend --python /opt/pyenv/versions/3.9.18/bin/python3.9"),
    ("python-2", &["backend-missing-in-python"], "embedcheck doctor --module _cffi_backend --path /opt/legacy/lib/python2.7/site-packages --python 2.7"),
    ("python-variable", &["python-variable"], ""),
    ("rtld-local-cffi", &["libpython-not-in-scope"], "embedcheck doctor --module _cffi_backend --path /srv/render/env/lib/python3.12/site-packages --python /opt/py312/bin/python3.12"),
    ("rtld-local-numpy-wrapped", &["libpython-not-in-scope"], "embedcheck doctor --module numpy.core._multiarray_umath --python 3.9"),
    ("rtld-local-obs", &["libpython-not-in-scope"], "embedcheck doctor --module _struct --python 3.8"),
    ("second-embedder", &["second-embedder"], ""),
    ("seed-000-container", &["backend-missing-beside-dist-packages"], "embedcheck doctor --module _cffi_backend --python 3.13"),
    ("seed-000-supabase", &["backend-missing-beside-dist-packages"], "embedcheck doctor --module _cffi_backend --python 3.13"),
    ("seed-001-layers", &["backend-missing-in-layers"], "embedcheck doctor --module _cffi_backend --lambda --path LAYER1.zip --path LAYER2.zip --runtime 3.12"),
    ("signal-main-thread", &["signal-main-thread"], ""),
    ("site-failed", &["site-failed"], ""),
    ("sitecustomize", &["sitecustomize-raised"], ""),
    ("stack-bounds", &["stack-bounds"], ""),
    ("static-host", &["libpython-not-in-scope"], "embedcheck doctor --module _posixsubprocess --python /opt/pyenv/versions/3.8.5/bin/python3.8"),
    ("static-tls", &["static-tls"], ""),
    ("static-tls-musl", &["static-tls"], ""),
    ("two-initialisations", &["two-initialisations"], ""),
    ("two-majors", &["two-majors-refused"], ""),
    ("unattached", &["cffi-unattached"], ""),
    ("wrong-elf-class", &["damaged-file"], "embedcheck doctor ./libmy_plugin.so"),
    ("wrong-libpython-wins", &["wrong-libpython-wins"], "embedcheck doctor /opt/plugins/b.so --python 3.13"),
    ("wrong-module-name", &["wrong-module-name"], "embedcheck doctor ./plugin-1.5.so"),
];

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor_log").join(name)
}

pub(crate) fn explained(path: &Path) -> Diagnosis {
    let bytes = fs::read(path).unwrap();
    explain(&path.file_name().unwrap().to_string_lossy(), bytes.as_slice()).unwrap()
}

fn ids(diagnosis: &Diagnosis) -> Vec<&str> {
    diagnosis.findings.iter().map(|finding| finding.id.as_str()).collect()
}

fn files(name: &str) -> BTreeSet<PathBuf> {
    fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The first thing to do, if it is a visit.
fn visit(diagnosis: &Diagnosis) -> String {
    let first = diagnosis.findings.first().and_then(|finding| finding.fixes.first());
    let commands = first.map_or(Vec::new(), |fix| fix.commands.clone());
    commands.first().cloned().unwrap_or_default()
}

#[test]
fn every_log_has_its_causes_and_the_visit_that_settles_the_matter() {
    let mut wrong = Vec::new();
    for (name, expected, command) in LOGS {
        let diagnosis = explained(&folder("logs").join(format!("{name}.log")));
        let visit = visit(&diagnosis);
        let fits = if command.is_empty() { visit.is_empty() } else { visit == *command };
        if ids(&diagnosis) != *expected || !fits {
            wrong.push(format!("{name}: {:?}, {visit:?}", ids(&diagnosis)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_log_stands_in_the_table() {
    let in_table: BTreeSet<_> =
        LOGS.iter().map(|(name, ..)| folder("logs").join(format!("{name}.log"))).collect();
    assert_eq!(in_table.len(), LOGS.len(), "a log stands twice");
    assert_eq!(files("logs"), in_table);
    assert!(LOGS.len() >= 30);
}

#[test]
fn nothing_is_recognised_in_what_is_unrelated() {
    let files = files("unrelated");
    assert!(files.len() >= 10);
    for file in files {
        let diagnosis = explained(&file);
        assert_eq!(ids(&diagnosis), [""; 0], "{}", file.display());
        assert!(diagnosis.is_healthy());
    }
}

/// A rule that no log fires is one that may be wrong. Without a log there are only those that look at a fact which
/// only a run has.
#[test]
fn every_rule_that_reads_logs_is_fired_by_one() {
    let fired: BTreeSet<_> = LOGS.iter().flat_map(|(_, ids, _)| *ids).copied().collect();
    for rule in RULES {
        let needs_a_run = rule
            .when
            .iter()
            .any(|when| when.expression().is_none() && !matches!(when, When::InLog));
        assert_ne!(rule.reads_logs(), needs_a_run, "{}", rule.id);
        if rule.reads_logs() {
            assert!(fired.contains(rule.id), "no log for {}", rule.id);
        } else {
            assert!(!fired.contains(rule.id), "{} needs the facts of a run", rule.id);
        }
    }
}

#[test]
fn evidence_is_quoted_from_the_log() {
    for (name, ..) in LOGS {
        let path = folder("logs").join(format!("{name}.log"));
        for finding in explained(&path).findings {
            assert!(!finding.evidence.is_empty(), "{name}: {}", finding.id);
            assert!(!finding.summary.contains('{'), "{name}: {}", finding.summary);
            for fix in &finding.fixes {
                assert!(!fix.what.contains('{'), "{name}: {}", fix.what);
                assert!(!fix.verified, "{name}: nothing was tried");
            }
        }
    }
}
