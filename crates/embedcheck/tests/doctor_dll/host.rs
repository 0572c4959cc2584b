//! Programs that are to load a DLL.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use embedcheck::doctor::dll::{HostForm, HostPython, Privilege};
use embedcheck::target::Target;

use crate::cases;
use crate::lab::{Lab, PLUGIN, run_fix, skip};

const MAIN: &str = "int main(void) { return 0; }";

/// A program with an interpreter inside, as far as symbols and texts tell.
const WITH_PYTHON: &str = r#"
const char *const texts[] = {"Fatal Python error: ", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
                             "maximum recursion depth exceeded"};
void Py_Initialize(void) {} void Py_InitializeEx(int i) { (void)i; } int Py_IsInitialized(void) { return 0; }
int main(void) { return texts[0][0] == 0; }
"#;

/// A plugin with a libpython that it finds by itself.
fn plugin(lab: &Lab) -> (PathBuf, Target) {
    let (_, target) = lab.python();
    let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
    (lab.library("app/libplugin.so", PLUGIN, &options), target)
}

/// A plugin whose libpython is left to others.
fn bare(lab: &Lab) -> (PathBuf, Target) {
    let (_, target) = lab.python();
    let options = ["{}/python/lib/libpython3.12.so.1.0"];
    (lab.library("app/libplugin.so", PLUGIN, &options), target)
}

fn ids(lab: &Lab, (dll, target): &(PathBuf, Target), host: &Path) -> Vec<String> {
    let look = lab.look_with(target, dll, Some(host), &[]);
    look.ids().into_iter().map(str::to_owned).collect()
}

fn plain(lab: &Lab) -> PathBuf {
    lab.cc("app/host", MAIN, &[])
}

fn script(lab: &Lab, text: &str) -> PathBuf {
    let path = lab.path("app/script");
    fs::write(&path, text).unwrap();
    path
}

cases! {
    script_for_a_program: "host-is-script" => |lab| {
        let plugin = plugin(lab);
        let host = script(lab, "#!/usr/bin/env python3\nimport ctypes\n");
        let look = lab.look_with(&plugin.1, &plugin.0, Some(&host), &[]);
        assert_eq!(look.ids(), ["host-is-script"]);
        let facts = look.facts().host.as_ref().unwrap();
        assert_eq!(facts.form, HostForm::Script);
        assert_eq!(facts.script_for.as_deref(), Some("/usr/bin/env python3"));
        assert_eq!(ids(lab, &plugin, &plain(lab)), [""; 0]);
    };

    no_program: "host-not-a-program" => |lab| {
        let plugin = plugin(lab);
        assert_eq!(ids(lab, &plugin, &script(lab, "plain text\n")), ["host-not-a-program"]);
        assert_eq!(ids(lab, &plugin, &plugin.0), ["host-not-a-program"]);
        assert_eq!(ids(lab, &plugin, &plain(lab)), [""; 0]);
    };

    other_machine: "host-other-machine" => |lab| {
        let plugin = plugin(lab);
        let host = plain(lab);
        assert_eq!(ids(lab, &plugin, &host), [""; 0]);
        let mut bytes = fs::read(&host).unwrap();
        bytes[18..20].copy_from_slice(&42u16.to_ne_bytes());
        fs::write(&host, bytes).unwrap();
        assert_eq!(ids(lab, &plugin, &host), ["host-other-machine"]);
    };

    static_program: "host-static" => |lab| {
        let plugin = plugin(lab);
        assert_eq!(ids(lab, &plugin, &plain(lab)), [""; 0]);
        let start = "void _start(void) { for (;;) {} }";
        for options in [["-static", "-no-pie"], ["-static-pie", "-fPIE"]] {
            let host = lab.cc("app/static", start, &[&["-nostdlib"], &options[..]].concat());
            assert_eq!(ids(lab, &plugin, &host), ["host-static"], "{options:?}");
        }
    };

    does_not_start: "host-library-not-found" => |lab| {
        let plugin = plugin(lab);
        lab.library("lib/libown.so", "int own(void); int own(void) { return 1; }", &["-Wl,-soname,libown.so"]);
        let main = "int own(void); int main(void) { return own(); }";
        let host = lab.cc("app/host", main, &["{}/lib/libown.so"]);
        assert_eq!(ids(lab, &plugin, &host), ["host-library-not-found"]);
        let host = lab.cc("app/host", main, &["{}/lib/libown.so", "-Wl,-rpath,$ORIGIN/../lib"]);
        assert_eq!(ids(lab, &plugin, &host), [""; 0]);
    };

    exports_a_python: "host-contains-python" => |lab| {
        let plugin = plugin(lab);
        let host = lab.cc("app/host", WITH_PYTHON, &["-rdynamic"]);
        let look = lab.look_with(&plugin.1, &plugin.0, Some(&host), &[]);
        assert_eq!(look.ids(), ["host-contains-python"]);
        assert_eq!(look.facts().host.as_ref().unwrap().python, HostPython::Exported);
        let libpython = look.facts().file.libpython.as_ref().unwrap();
        assert!(libpython.is_hosts && libpython.path == lab.text("app/host"), "{libpython:?}");
        // Of another version, it is a Problem.
        let source = format!("{WITH_PYTHON} const char version[] = \"-\\0\" \"3.11.2\";");
        let other = lab.cc("app/other", &source, &["-rdynamic"]);
        let look = lab.look_with(&plugin.1, &plugin.0, Some(&other), &[]);
        assert_eq!(look.ids(), ["host-other-python"]);
        let summary = &look.finding("host-other-python").summary;
        assert!(summary.starts_with("other has Python 3.11.2 inside and exports it"), "{summary}");
        // A DLL that names none is served by the host.
        let dll = lab.library("app/libbare.so", PLUGIN, &[]);
        assert_eq!(ids(lab, &(dll, plugin.1.clone()), &host), ["host-contains-python"]);
        assert_eq!(ids(lab, &plugin, &plain(lab)), [""; 0]);
    };

    hides_a_python: "host-hides-python" => |lab| {
        let plugin = plugin(lab);
        let host = lab.cc("app/host", WITH_PYTHON, &["-Wl,--no-export-dynamic"]);
        let look = lab.look_with(&plugin.1, &plugin.0, Some(&host), &[]);
        assert_eq!(look.ids(), ["host-hides-python"]);
        assert!(look.finding("host-hides-python").summary.contains("a second Python"));
        assert_eq!(ids(lab, &plugin, &plain(lab)), [""; 0]);
    };

    another_python: "host-other-python" => |lab| {
        let plugin = plugin(lab);
        let main = "void Py_Initialize(void); int main(void) { Py_Initialize(); return 0; }";
        lab.libpython("python/lib/libpython3.13.so.1.0", "3.13.0");
        let link = |series: &str| {
            let libpython = format!("{{}}/python/lib/libpython{series}.so.1.0");
            lab.cc("app/host", main, &[&libpython, "-Wl,-rpath,$ORIGIN/../python/lib"])
        };
        assert_eq!(ids(lab, &plugin, &link("3.13")), ["host-other-python"]);
        assert_eq!(ids(lab, &plugin, &link("3.12")), [""; 0]);
    };

    dropped_libpython: "host-dropped-libpython" => |lab| {
        let plugin = plugin(lab);
        let link = |as_needed: &str| {
            let options = [as_needed, "{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,{}/python/lib"];
            lab.cc("app/host", MAIN, &options)
        };
        let host = link("-Wl,--as-needed");
        let look = lab.look_with(&plugin.1, &plugin.0, Some(&host), &[]);
        assert_eq!(look.ids(), ["host-dropped-libpython"]);
        if run_fix(look.finding("host-dropped-libpython")) {
            assert_eq!(ids(lab, &plugin, &host), [""; 0]);
        }
        assert_eq!(ids(lab, &plugin, &link("-Wl,--no-as-needed")), [""; 0]);
    };

    rpath_is_inherited: "host-rpath-inherited" => |lab| {
        let bare = bare(lab);
        let link = |tags: &str| {
            lab.cc("app/host", MAIN, &[&format!("-Wl,{tags},-rpath,$ORIGIN/../python/lib")])
        };
        assert_eq!(ids(lab, &bare, &link("--disable-new-dtags")), ["host-rpath-inherited"]);
        assert_eq!(
            ids(lab, &bare, &link("--enable-new-dtags")),
            ["dll-libpython-not-found", "host-dropped-libpython"]
        );
    };

    privileged: "host-ignores-environment" => |lab| {
        let plugin = plugin(lab);
        let host = plain(lab);
        assert_eq!(ids(lab, &plugin, &host), [""; 0]);
        for (mode, privilege) in [(0o4755, Privilege::Setuid), (0o2755, Privilege::Setgid)] {
            fs::set_permissions(&host, fs::Permissions::from_mode(mode)).unwrap();
            let look = lab.look_with(&plugin.1, &plugin.0, Some(&host), &[]);
            assert_eq!(look.ids(), ["host-ignores-environment"]);
            assert_eq!(look.facts().host.as_ref().unwrap().privileges, [privilege]);
            assert!(look.0.is_healthy());
        }
        // Without the bit of the group it means locking.
        fs::set_permissions(&host, fs::Permissions::from_mode(0o2745)).unwrap();
        assert_eq!(ids(lab, &plugin, &host), [""; 0]);
    };

    variables_are_ignored: "host-ignores-given-variables" => |lab| {
        let bare = bare(lab);
        let host = plain(lab);
        let folder = lab.path("python/lib");
        let variables: [(&str, &OsStr); 1] = [("LD_LIBRARY_PATH", folder.as_os_str())];
        let look = || lab.look_with(&bare.1, &bare.0, Some(&host), &variables);
        assert_eq!(look().ids(), ["dll-needs-ld-library-path"]);
        fs::set_permissions(&host, fs::Permissions::from_mode(0o4755)).unwrap();
        assert_eq!(look().ids(), ["dll-libpython-not-found", "host-ignores-given-variables"]);
    };
}

/// File capabilities are an attribute that only root may set.
#[test]
fn capabilities_count() {
    let Some(lab) = Lab::new() else { return };
    let plugin = plugin(&lab);
    let host = plain(&lab);
    // Version 2, not effective, CAP_NET_BIND_SERVICE permitted: linux/capability.h, `vfs_cap_data`.
    let mut value = [0u8; 20];
    value[..4].copy_from_slice(&0x0200_0000u32.to_le_bytes());
    value[4..8].copy_from_slice(&(1u32 << 10).to_le_bytes());
    let flags = rustix::fs::XattrFlags::empty();
    if let Err(error) = rustix::fs::setxattr(&host, "security.capability", &value, flags) {
        skip(&format!("file capabilities cannot be set here: {error}"));
        return;
    }
    let look = lab.look_with(&plugin.1, &plugin.0, Some(&host), &[]);
    assert_eq!(look.ids(), ["host-ignores-environment"]);
    assert_eq!(look.facts().host.as_ref().unwrap().privileges, [Privilege::Capabilities]);
}
