//! Conditionals of a header: which lines a C host on this platform would read.
//!
//! Three values: what depends on macros that hosts may or may not define stays open. Under an open
//! condition directives are read, for they declare nothing by themselves; a declaration there is an
//! error, for taking it and leaving it would both be a guess.

mod expression;
mod known;

use std::collections::{HashMap, HashSet};

use crate::directive::{Define, defines_next};
use crate::error::{Error, ErrorKind};
use crate::lexer::{self, Lexer, Token};
use expression::Truth;
use known::{Known, known};

/// What the text has said about a macro up to here.
#[derive(Copy, Clone, Debug)]
enum Macro {
    /// The place in the list of definitions.
    Defined(usize),
    Undefined,
    /// Defined or undefined under a condition that is open.
    Open,
}

/// What is known about a macro at a place.
enum Meaning {
    Defined(usize),
    Value(i64),
    Opaque,
    Undefined,
    Open,
}

/// One `#if` whose `#endif` has not come.
struct Frame {
    /// Where its `#` is.
    start: usize,
    keyword: String,
    /// Whether the lines of the present branch are read.
    live: bool,
    /// Whether no further branch can hold.
    taken: bool,
    /// Why one of the branches up to here is open.
    open: Option<Error>,
    otherwise: bool,
}

/// The conditionals around a place, and the macros known there.
pub(crate) struct Conditionals<'a> {
    text: &'a str,
    frames: Vec<Frame>,
    macros: HashMap<&'a str, Macro>,
    /// Macros that were defined under an open condition.
    pub(crate) uncertain: HashSet<&'a str>,
}

/// The line of a conditional.
pub(crate) struct Condition<'a> {
    /// Where its `#` is.
    pub(crate) start: usize,
    pub(crate) keyword: &'a str,
    /// What follows; `None` if it cannot be cut into tokens. Not read where nothing is live.
    pub(crate) tokens: Option<Vec<Token<'a>>>,
}

impl<'a> Conditionals<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, frames: Vec::new(), macros: HashMap::new(), uncertain: HashSet::new() }
    }

    /// Whether lines are read here.
    pub(crate) fn live(&self) -> bool {
        self.frames.last().is_none_or(|frame| frame.live)
    }

    /// Why it is open whether the lines here hold; a declaration fails with it.
    pub(crate) fn open(&self) -> Option<&Error> {
        self.frames.iter().find_map(|frame| frame.open.as_ref())
    }

    /// Takes note of the definition at this place of the list.
    pub(crate) fn define(&mut self, name: &'a str, index: usize) {
        let open = self.open().is_some();
        if open {
            self.uncertain.insert(name);
        }
        self.macros.insert(name, if open { Macro::Open } else { Macro::Defined(index) });
    }

    pub(crate) fn undefine(&mut self, name: &'a str) {
        let open = self.open().is_some();
        self.macros.insert(name, if open { Macro::Open } else { Macro::Undefined });
    }

    /// The definitions of a macro of which one holds here, if there is any.
    pub(crate) fn definitions<'d>(
        &self,
        name: &str,
        defines: &'d [Define<'a>],
    ) -> Vec<&'d Define<'a>> {
        match self.macros.get(name) {
            Some(&Macro::Defined(index)) => vec![&defines[index]],
            Some(Macro::Open) => defines.iter().filter(|define| define.name.text == name).collect(),
            Some(Macro::Undefined) | None => Vec::new(),
        }
    }

    fn meaning(&self, name: &str) -> Meaning {
        match self.macros.get(name) {
            Some(&Macro::Defined(index)) => return Meaning::Defined(index),
            Some(Macro::Undefined) => return Meaning::Undefined,
            Some(Macro::Open) => return Meaning::Open,
            None => {}
        }
        match known(name) {
            Some(Known::Value(value)) => Meaning::Value(value),
            Some(Known::Defined) => Meaning::Opaque,
            Some(Known::Undefined) => Meaning::Undefined,
            None => Meaning::Open,
        }
    }

    /// Reads the line of a conditional, behind which the lexer stands.
    pub(crate) fn read(
        &mut self,
        lexer: &Lexer<'a>,
        condition: &Condition<'a>,
        defines: &[Define<'a>],
    ) -> Result<(), Error> {
        let fail = |kind| lexer::error(self.text, condition.start, kind);
        let word = condition.keyword;
        if word.starts_with("if") {
            let live = self.live();
            let truth = if live { self.truth(lexer, condition, defines) } else { Ok(Truth::No) };
            let mut frame = Frame {
                start: condition.start,
                keyword: word.to_owned(),
                live: false,
                taken: !live,
                open: None,
                otherwise: false,
            };
            frame.branch(truth?, condition, self.text);
            self.frames.push(frame);
            return Ok(());
        }
        let Some(frame) = self.frames.last() else {
            return Err(fail(ErrorKind::Unmatched(word.to_owned())));
        };
        if word == "endif" {
            self.frames.pop();
            return Ok(());
        }
        if frame.otherwise {
            return Err(fail(ErrorKind::AfterElse(word.to_owned())));
        }
        let truth = match word {
            "else" => Truth::Yes,
            _ if frame.taken => Truth::No,
            _ => self.truth(lexer, condition, defines)?,
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.otherwise = word == "else";
            let truth = if frame.taken { Truth::No } else { truth };
            frame.branch(truth, condition, self.text);
        }
        Ok(())
    }

    fn truth(
        &self,
        lexer: &Lexer<'a>,
        condition: &Condition<'a>,
        defines: &[Define<'a>],
    ) -> Result<Truth, Error> {
        let tokens = condition.tokens.as_deref().unwrap_or_default();
        let named = condition.keyword.trim_start_matches("el") != "if";
        let name = match tokens {
            [name, ..] if named => Some(name),
            _ if named => {
                let kind = ErrorKind::NoCondition(condition.keyword.to_owned());
                return Err(lexer::error(self.text, condition.start, kind));
            }
            [not, defined, name] if (not.text, defined.text) == ("!", "defined") => Some(name),
            [not, defined, _, name, _] if (not.text, defined.text) == ("!", "defined") => {
                Some(name)
            }
            _ => None,
        };
        let negative = condition.keyword.ends_with("ndef") || !named;
        // An include guard, or the default of a setting: the text defines the macro itself.
        if let Some(name) = name.filter(|_| negative)
            && !self.macros.contains_key(name.text)
            && known(name.text).is_none()
            && defines_next(lexer, name.text)
        {
            return Ok(Truth::Yes);
        }
        Ok(match name {
            Some(name) if named => {
                let defined = match self.meaning(name.text) {
                    Meaning::Open => return Ok(Truth::open(*name)),
                    Meaning::Undefined => false,
                    _ => true,
                };
                if defined == negative { Truth::No } else { Truth::Yes }
            }
            _ => expression::truth(self, tokens, condition.start, defines),
        })
    }

    /// What is wrong at the end of the text.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.frames.last() {
            Some(frame) => {
                let kind = ErrorKind::Unfinished(frame.keyword.clone());
                Err(lexer::error(self.text, frame.start, kind))
            }
            None => Ok(()),
        }
    }
}

impl Frame {
    /// Starts a branch. Once one is open, those behind it are open as well unless they are
    /// certainly not read.
    fn branch(&mut self, truth: Truth, condition: &Condition<'_>, text: &str) {
        self.live = !matches!(truth, Truth::No);
        self.taken |= matches!(truth, Truth::Yes);
        if let Truth::Open { at, name, problem } = truth
            && self.open.is_none()
        {
            let directive = condition.keyword.to_owned();
            let kind = match name {
                Some(name) => ErrorKind::UndecidedMacro { directive, name },
                None => ErrorKind::Undecided { directive, problem },
            };
            self.open = Some(lexer::error(text, at, kind));
        }
    }
}
