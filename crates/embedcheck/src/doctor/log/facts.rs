//! What was seen of a log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::Log;
use crate::doctor::Fix;
use crate::report::Page;

/// Columns of the longest label.
const LABEL: usize = 9;
/// What there are signatures of.
const READS: &str = "tracebacks and messages of Python, CFFI, PyO3, pybind11, embed-dll, ld.so, the linker and AWS \
                     Lambda, about plugins that embed Python and about extension modules";

/// A log.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogFacts {
    /// The file, or `standard input`.
    pub name: String,
    /// How many lines were read.
    pub lines: u64,
    /// How many bytes were read.
    pub bytes: u64,
    /// Whether the log goes on after what was read.
    pub is_cut: bool,
    /// Lines with known signatures that were not looked at, since there were too many different ones.
    pub left_out: u64,
    /// Versions of Python that the log names, that which it is most likely about first. Those that stand in words
    /// only are left out where files or a run time name one.
    pub pythons: Vec<String>,
    /// The last `sys.path` in it.
    pub search_path: Vec<String>,
    /// Top-level packages of the traceback that the import of `_cffi_backend` ended in, or of the last one, from the program inwards.
    pub imports: Vec<String>,
    /// Modules of CFFI or embed-dll that were called.
    pub plugins: Vec<String>,
    /// Whether it is of AWS Lambda.
    pub is_lambda: bool,
    /// Where nothing was recognised: what would settle the matter of a line about a module or a library of which no
    /// rule speaks. No cause is claimed.
    pub next: Option<Fix>,
}

impl LogFacts {
    pub(super) fn of(name: &str, log: &Log, next: Option<Fix>) -> Self {
        let names = &log.names;
        let pythons = names.versions().into_iter().map(|(major, minor)| format!("{major}.{minor}"));
        Self {
            name: name.to_owned(),
            lines: log.count,
            bytes: log.bytes,
            is_cut: log.is_cut,
            left_out: log.left_out,
            pythons: pythons.collect(),
            search_path: names.search_path.clone(),
            imports: names.trace.imports().to_vec(),
            plugins: names.plugins.clone(),
            is_lambda: names.is_lambda,
            next,
        }
    }

    pub(in crate::doctor) fn title(&self) -> String {
        self.name.clone()
    }

    pub(in crate::doctor) fn write(&self, page: &mut Page<'_>) {
        let cut = if self.is_cut { "; the rest was left out" } else { "" };
        let read = format!("{}, {}{cut}", some(self.lines, "line"), some(self.bytes, "byte"));
        page.labelled(2, "read", LABEL, &read);
        if self.left_out > 0 {
            let text = format!(
                "{} with known signatures, too many to look at",
                some(self.left_out, "line")
            );
            page.labelled(2, "left out", LABEL, &text);
        }
        let lists = [
            ("Python", self.pythons.join(", ")),
            ("DLL of", self.plugins.join(", ")),
            ("imports", self.imports.join(" → ")),
        ];
        for (label, text) in lists {
            if !text.is_empty() {
                page.labelled(2, label, LABEL, &text);
            }
        }
        if page.is_verbose() && !self.search_path.is_empty() {
            page.labelled(2, "sys.path", LABEL, &self.search_path.join("\n"));
        }
    }

    /// What to do with a log in which nothing was recognised.
    pub(in crate::doctor) fn write_next(&self, page: &mut Page<'_>) {
        page.labelled(2, "known are", LABEL, READS);
        if let Some(next) = &self.next {
            page.labelled(2, "next", LABEL, &next.what);
            for command in &next.commands {
                page.line(2 + LABEL + 2, page.styles().pass, &format!("$ {command}"));
            }
        }
    }

    pub(in crate::doctor) fn last_line(&self, found: usize) -> String {
        match found {
            0 => format!("nothing recognised in {}", some(self.lines, "line")),
            1 => "1 cause recognised".to_owned(),
            number => format!("{number} causes recognised"),
        }
    }
}

fn some(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}
