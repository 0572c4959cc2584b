//! What was tested, and where.

use super::page::Page;
use crate::report::{Machine, Report};
use crate::target::{Libpython, Target};

const LABEL: usize = 11;

pub(super) fn header(page: &mut Page<'_>, report: &Report) {
    let target = &report.target;
    let title = format!("{} {}: {}", report.tool.name, report.tool.version, title(target));
    let heading = page.styles().heading;
    page.line(0, heading, &title);
    if let Some(executable) = &target.executable {
        page.labelled(2, "interpreter", LABEL, &executable.display().to_string());
    }
    page.labelled(
        2,
        "libpython",
        LABEL,
        &target.libpython.as_ref().map_or_else(no_libpython, libpython),
    );
    page.labelled(2, "machine", LABEL, &machine(&report.environment));
}

fn title(target: &Target) -> String {
    let mut features =
        vec![format!("{} {}{}", target.implementation, target.version, target.abi_flags)];
    if target.free_threaded {
        features.push("free-threaded".to_owned());
    }
    if target.debug {
        features.push("debug build".to_owned());
    }
    features.push(target.linkage.to_string());
    format!("{} ({})", target.id, features.join(", "))
}

fn no_libpython() -> String {
    "none that is shared".to_owned()
}

fn libpython(libpython: &Libpython) -> String {
    let mut text = libpython.path.display().to_string();
    if libpython.real_path != libpython.path {
        text += &format!(" -> {}", libpython.real_path.display());
    }
    if let Some(soname) = &libpython.soname {
        text += &format!(", soname {soname}");
    }
    if let Some(build_id) = &libpython.build_id {
        // Twelve digits tell the builds of one machine apart; the JSON report has all of them.
        let short: String = build_id.chars().take(12).collect();
        text += &format!(", build-id {short}");
    }
    text
}

fn machine(machine: &Machine) -> String {
    let mut parts = Vec::new();
    parts.extend(machine.system.clone());
    parts.push(format!("{} {}", machine.kernel, machine.architecture));
    parts.extend(machine.libc.clone());
    parts.push(match machine.processors {
        1 => "1 processor".to_owned(),
        several => format!("{several} processors"),
    });
    parts.push(machine.compiler.clone().unwrap_or_else(|| "no C compiler".to_owned()));
    parts.extend(machine.cffi.as_ref().map(|version| format!("cffi {version}")));
    parts.join(", ")
}
