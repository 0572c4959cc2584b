//! The tables of offsets against CPython's own headers, compiled for each interpreter that has
//! them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use embed_dll::__testing::tables::{self, Structure};
use libtest_mimic::Trial;

use crate::interpreters::Target;
use crate::{Stop, on_each, skip};

pub(crate) fn trials(targets: &[Target]) -> Vec<Trial> {
    on_each(targets, "offsets", offsets).collect()
}

fn offsets(target: &Target) -> Result<(), Stop> {
    let include = include(target).ok_or_else(|| skip("its headers are not installed"))?;
    let fields = tables::fields(target.version);
    if fields.is_empty() == (target.version < (3, 14)) {
        return Err(
            format!("there should be a table before 3.14 only: {:?}", target.version).into()
        );
    }
    let mut code = String::from(
        "#include <Python.h>\n#include <stddef.h>\n#include <structmember.h>\nint main(void) {\n",
    );
    let mut expected = String::new();
    for (structure, field, offset) in fields {
        writeln!(
            code,
            "printf(\"{structure}.{field} %zu %zu\\n\", offsetof({structure}, {field}), sizeof((({structure} *)0)->{field}));"
        )?;
        let size = if tables::is_text(field) { 8 } else { 4 };
        writeln!(expected, "{structure}.{field} {offset} {size}")?;
    }
    // Type objects are alike in all versions but for the header of objects.
    code += "printf(\"%zu\\n\", offsetof(PyTypeObject, tp_as_buffer) - sizeof(PyObject));\n";
    code += "printf(\"%zu\\n\", offsetof(PyTypeObject, tp_version_tag) - sizeof(PyObject));\n";
    writeln!(expected, "{}\n{}", tables::TP_AS_BUFFER, tables::TP_VERSION_TAG)?;
    code +=
        "printf(\"%d\\n\", offsetof(PyObject, ob_type) == sizeof(PyObject) - sizeof(void *));\n";
    writeln!(expected, "1")?;
    if !target.flags.contains('t') {
        // When `_Py_Dealloc` is called at once, in builds whose header has 16 bytes.
        code += "PyObject object; memset(&object, 0, sizeof object); object.ob_refcnt = 1;\n\
                 int64_t first; memcpy(&first, &object, sizeof first);\n\
                 printf(\"%d\\n\", sizeof object > 16 || first == 1);\n\
                 printf(\"%d\\n\", _Generic(&_Py_Dealloc, void (*)(PyObject *): 1, default: 0));\n";
        writeln!(expected, "1\n1")?;
    }
    if target.version == (3, 8) {
        for (field, offset) in tables::type_object_38() {
            writeln!(
                code,
                "printf(\"%zu\\n\", offsetof(PyTypeObject, {field}) - sizeof(PyObject));"
            )?;
            writeln!(expected, "{offset}")?;
        }
    }
    for Structure { name, after_header, size, fields } in tables::structures() {
        let start = if after_header { "sizeof(PyObject)" } else { "0" };
        writeln!(code, "printf(\"{name} %zu\\n\", sizeof({name}) - {start});")?;
        writeln!(expected, "{name} {size}")?;
        for (field, offset) in fields {
            writeln!(
                code,
                "printf(\"{name}.{field} %zu\\n\", offsetof({name}, {field}) - {start});"
            )?;
            writeln!(expected, "{name}.{field} {offset}")?;
        }
    }
    writeln!(
        code,
        "printf(\"%d %d\\n\", sizeof(PyConfig) <= {}, sizeof(PyPreConfig) <= {});",
        tables::CONFIG_BYTES,
        tables::PRECONFIG_BYTES
    )?;
    writeln!(expected, "1 1")?;
    code += "printf(\"%zu %zu %zu %zu\\n\", sizeof(PyStatus), offsetof(PyStatus, func), offsetof(PyStatus, err_msg), offsetof(PyStatus, exitcode));\nreturn 0; }\n";
    writeln!(expected, "32 8 16 24")?;

    let folder = tempfile::tempdir()?;
    let (source, program) = (folder.path().join("offsets.c"), folder.path().join("offsets"));
    fs::write(&source, code)?;
    let compiled = Command::new("cc")
        .arg("-I")
        .arg(&include)
        .arg("-I")
        .arg(include.with_file_name(""))
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .output();
    let compiled = compiled.map_err(|error| skip(&format!("this machine has no cc: {error}")))?;
    if !compiled.status.success() {
        return Err(String::from_utf8_lossy(&compiled.stderr).into_owned().into());
    }
    let actual = String::from_utf8(Command::new(&program).output()?.stdout)?;
    if actual == expected {
        Ok(())
    } else {
        Err(format!("headers say:\n{actual}\nthe tables say:\n{expected}").into())
    }
}

/// The folder of `Python.h` of this very version and build.
fn include(target: &Target) -> Option<PathBuf> {
    let (major, minor) = target.version;
    let folders = ["include", "usr/include"];
    let name = format!("python{major}.{minor}{}", target.flags);
    folders
        .iter()
        .map(|folder| target.prefix.join(folder).join(&name))
        .find(|folder| folder.join("Python.h").exists())
}
