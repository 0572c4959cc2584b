//! Standard output and standard error: colours, width, closed pipes.

use std::io::{self, Write};

use anstream::AutoStream;
use clap::ValueEnum;
use embedcheck::report::{DEFAULT_WIDTH, Styles, TextOptions};

use crate::failure::Failure;

/// `--color`. The variants have no documentation, since clap would make a list of it in every help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// What is known about standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    styles: Styles,
    width: usize,
}

impl Output {
    /// Looks at standard output.
    pub(crate) fn new(color: Color) -> Self {
        let choice = match color {
            // NO_COLOR, CLICOLOR, TERM and the terminal itself.
            Color::Auto => AutoStream::choice(&io::stdout()),
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let plain = choice == anstream::ColorChoice::Never;
        let styles = if plain { Styles::plain() } else { Styles::coloured() };
        Self { styles, width: terminal_width().unwrap_or(DEFAULT_WIDTH) }
    }

    /// For what is printed.
    pub(crate) fn text_options(&self, verbose: bool) -> TextOptions {
        TextOptions { styles: self.styles, width: self.width, verbose }
    }

    /// Columns for prose.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Prints a whole text.
    ///
    /// A reader that has seen enough and closed the pipe is no error.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
            _ => Ok(()),
        }
    }
}

/// A message in which nothing but a line break moves the cursor: names of files may hold anything, and
/// a terminal obeys it.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}

/// Writes a line to standard error. If nobody can read it, the exit code still tells.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    // Serial consoles say 0.
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
