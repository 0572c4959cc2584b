//! Targets as text for a person, without colour.

use std::fmt::{self, Write as _};

use super::discover::{Discovery, Problem};
use super::model::{Cffi, Libpython, Support, Target};

/// How much is written, and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Where sentences are broken into lines, in characters. Paths are never broken.
    pub width: usize,
    /// With the trail of each libpython, every path by which a target was reached, and the problems
    /// that are part of normal life.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: 100, verbose: false }
    }
}

/// Columns before the value of a labelled line.
const INDENT: usize = 15;

impl Discovery {
    /// Writes one block for each target, then the problems.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(&self, to: &mut dyn fmt::Write, style: &Style) -> fmt::Result {
        for target in &self.targets {
            target.write(to, style, self.default.as_ref() == Some(&target.id))?;
            writeln!(to)?;
        }
        if self.targets.is_empty() {
            writeln!(to, "no Python was found; name one with --python or EMBEDCHECK_PYTHONS\n")?;
        }
        let shown = |problem: &&Problem| style.verbose || !problem.expected;
        for problem in self.problems.iter().filter(shown) {
            let text = format!("{} ({})", problem.message, problem.rule);
            labelled(to, style, "problem", &text)?;
        }
        let hidden = self.problems.len() - self.problems.iter().filter(shown).count();
        if hidden > 0 {
            let plural = if hidden == 1 { "path that leads" } else { "paths that lead" };
            writeln!(to, "{hidden} {plural} to no interpreter here; --verbose names them")?;
        }
        Ok(())
    }
}

impl Target {
    /// Writes a block of labelled lines. `is_default` marks what `python3` means.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(&self, to: &mut dyn fmt::Write, style: &Style, is_default: bool) -> fmt::Result {
        let default = if is_default { "  (python3 on PATH)" } else { "" };
        writeln!(to, "{}{default}", self.id)?;
        let mut line = |label: &str, text: &str| labelled(to, style, label, text);
        match &self.executable {
            Some(path) => line("interpreter", &path.display().to_string())?,
            None => line("interpreter", "none")?,
        }
        line("linkage", &self.linkage.to_string())?;
        if let Some(folder) = &self.library_path {
            let folder = folder.display();
            line("", &format!("starts with its own libpython only if LD_LIBRARY_PATH={folder}"))?;
        }
        match &self.libpython {
            Some(library) => {
                line("libpython", &library.path.display().to_string())?;
                line("", &identity(library))?;
            }
            None => line("libpython", "no shared one")?,
        }
        if let Some(stub) = &self.libpython3 {
            let needed = stub.needed.join(", ");
            line("libpython3", &format!("{} symbols, needs {needed}", stub.exports))?;
        }
        line("build", &self.build())?;
        line("prefix", &self.prefixes())?;
        line("modules", &self.modules())?;
        line("cffi", &self.cffi.as_ref().map_or_else(|| "not there".to_owned(), cffi))?;
        line("support", &support(&self.support))?;
        if let Some(advice) = &self.advice {
            line("advice", advice)?;
        }
        if style.verbose {
            for reached in &self.reached {
                let text = format!("{} ({}, {})", reached.path.display(), reached.rule, reached.by);
                line("reached by", &text)?;
            }
            for entry in &self.trail {
                let label = if entry.accepted { "accepted" } else { "refused" };
                line(label, &format!("{} ({})", entry.path.display(), entry.rule))?;
                line("", &entry.reason)?;
            }
        }
        Ok(())
    }

    fn build(&self) -> String {
        let gil = if self.free_threaded { "free-threaded" } else { "GIL" };
        let debug = if self.debug { ", debug" } else { "" };
        let flags = match self.abi_flags.as_str() {
            "" => "no ABI flags".to_owned(),
            flags => format!("ABI flags {flags}"),
        };
        let suffix = self.ext_suffix.as_deref().unwrap_or("unknown suffix");
        let headers = if self.has_headers { "headers" } else { "no headers" };
        format!("{}, {gil}{debug}, {flags}, {suffix}, {headers}", self.origin)
    }

    fn prefixes(&self) -> String {
        let show = |path: &Option<std::path::PathBuf>| {
            path.as_ref().map_or_else(|| "unknown".to_owned(), |path| path.display().to_string())
        };
        if self.is_venv {
            return format!("{}, a venv of {}", show(&self.prefix), show(&self.base_prefix));
        }
        show(&self.prefix)
    }

    fn modules(&self) -> String {
        let (all, needing) = (self.extension_modules.len(), self.modules_needing_libpython());
        let builtin = match self.builtin_modules.len() {
            0 => String::new(),
            count => format!("; {count} built in"),
        };
        format!("{all} extension modules, {needing} of them name libpython{builtin}")
    }
}

fn identity(library: &Libpython) -> String {
    let soname = library.soname.as_deref().unwrap_or("no SONAME");
    let build_id = library.build_id.as_deref().unwrap_or("none");
    let (device, inode) = (library.device, library.inode);
    format!("{soname}, device {device} inode {inode}, build-id {build_id}")
}

fn cffi(cffi: &Cffi) -> String {
    let mut text = match (&cffi.version, &cffi.backend_version) {
        (Some(version), Some(backend)) if version == backend => version.clone(),
        (Some(version), Some(backend)) => format!("{version} with _cffi_backend {backend}"),
        (Some(version), None) => format!("{version} without _cffi_backend"),
        (None, Some(backend)) => format!("only _cffi_backend {backend}"),
        (None, None) => "broken".to_owned(),
    };
    if let Some(path) = &cffi.backend_path {
        // Writing to a String cannot fail.
        let _ = write!(text, ", {}", path.display());
    }
    if let Some(error) = &cffi.error {
        let _ = write!(text, ": {error}");
    }
    text
}

fn support(support: &Support) -> String {
    match support {
        Support::Full => "every check".to_owned(),
        Support::LoadingOnly => "the loading checks (every check since 3.8)".to_owned(),
        Support::Skipped { reason } => format!("skipped: {reason}"),
    }
}

/// A line with a label, its words broken at the width and aligned below each other.
fn labelled(to: &mut dyn fmt::Write, style: &Style, label: &str, text: &str) -> fmt::Result {
    let mut line = format!("  {label:<width$}", width = INDENT - 2);
    let mut column = INDENT;
    for (place, word) in text.split_whitespace().enumerate() {
        let length = word.chars().count();
        if place > 0 && column + 1 + length > style.width {
            writeln!(to, "{line}")?;
            line = " ".repeat(INDENT);
            column = INDENT;
        } else if place > 0 {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += length;
    }
    writeln!(to, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::FoundBy;

    #[test]
    fn long_text_is_aligned_below_its_beginning() {
        let style = Style { width: 30, verbose: false };
        let mut text = String::new();
        labelled(&mut text, &style, "advice", "one two three four five six").unwrap();
        assert_eq!(text, "  advice       one two three\n               four five six\n");
    }

    #[test]
    fn what_is_part_of_normal_life_is_counted_and_not_shown() {
        let problem = |expected| Problem {
            path: "/p".into(),
            rule: FoundBy::Path,
            message: format!("expected is {expected}"),
            expected,
        };
        let problems = vec![problem(true), problem(false)];
        let discovery = Discovery { problems, ..Discovery::default() };
        let render = |verbose| {
            let mut text = String::new();
            discovery.write(&mut text, &Style { width: 80, verbose }).unwrap();
            text
        };
        let short = render(false);
        assert!(short.contains("no Python was found") && short.contains("expected is false"));
        assert!(!short.contains("expected is true") && short.contains("1 path that leads"));
        assert!(render(true).contains("expected is true"));
    }
}
