//! The texts that the macro is given, where relative paths start, and messages with a place.

use std::path::{Path, PathBuf};

use proc_macro2::Span;
use syn::{Error, Result};

use crate::arguments::Input;

/// The folder that relative paths are relative to.
pub(crate) struct Base {
    folder: PathBuf,
}

/// A text with its name.
pub(crate) struct Source {
    /// How messages name it: the file's path as the author wrote it, or the key.
    pub(crate) label: String,
    /// The file, absolute; `None` for a literal.
    pub(crate) file: Option<PathBuf>,
    pub(crate) text: String,
    /// The literal that holds the text or the path.
    pub(crate) span: Span,
}

impl Base {
    /// The folder of the file in which the macro stands.
    pub(crate) fn of_invocation() -> Self {
        // The compiler names files relative to its own working directory. Editors run the macro
        // elsewhere and may not know the file: then the usual source folder is the best guess.
        let file = proc_macro::Span::call_site().local_file();
        let file =
            file.and_then(|file| std::path::absolute(file).ok()).filter(|file| file.is_file());
        let folder = file.as_deref().and_then(Path::parent).map(Path::to_owned);
        Self { folder: folder.unwrap_or_else(source_folder) }
    }

    /// A folder for tests, which no compiler runs.
    #[cfg(test)]
    pub(crate) fn folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The text of an argument.
    pub(crate) fn read(&self, input: &Input) -> Result<Source> {
        let span = input.literal.span();
        let value = input.literal.value();
        if !input.is_file {
            return Ok(Source { label: input.key.to_owned(), file: None, text: value, span });
        }
        let path = self.folder.join(&value);
        let fail = |problem: &dyn std::fmt::Display| {
            let tried = path.display();
            let problem = format!(
                "cannot read `{tried}`: {problem}; a relative path starts at the folder of the \
                 file with `embedding!`"
            );
            Error::new(span, problem)
        };
        let bytes = std::fs::read(&path).map_err(|error| fail(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| fail(&error))?;
        // Editors on Windows write a byte order mark, which no parser wants to see.
        let text = text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned);
        Ok(Source { label: value, file: Some(path), text, span })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo tells macros about the package in no other way"
)]
fn source_folder() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    package.join("src")
}

impl Source {
    /// An error at a place in the text: `plugin.h:12:5: …`, the line, and a caret below it. Line
    /// and column count from 1, the column in characters.
    pub(crate) fn error(
        &self,
        line: usize,
        column: usize,
        problem: &dyn std::fmt::Display,
    ) -> Error {
        let label = &self.label;
        let mut message = format!("{label}:{line}:{column}: {problem}");
        if let Some(text) = line.checked_sub(1).and_then(|index| self.text.lines().nth(index)) {
            let number = line.to_string();
            let margin = " ".repeat(number.len());
            // Tabs are kept, so that the caret stands below its character whatever their width.
            let before = text.chars().take(column.saturating_sub(1));
            let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            message += &format!("\n{margin} |\n{number} | {text}\n{margin} | {indent}^");
        }
        Error::new(self.span, message)
    }

    /// The same for a whole line: the caret stands below its first word.
    pub(crate) fn error_at_line(&self, line: usize, problem: &dyn std::fmt::Display) -> Error {
        let text = line.checked_sub(1).and_then(|index| self.text.lines().nth(index));
        let indent = text.map_or(0, |text| text.chars().take_while(|c| c.is_whitespace()).count());
        self.error(line, indent + 1, problem)
    }
}
