//! Plan text to [`Plan`].

mod fields;
mod foreign;
mod steps;

use thiserror::Error;

use crate::lex::{self, Token, TokenKind};
use crate::step::{Op, Plan, Step, ThreadGroup};
use crate::{FORMAT, Line};

/// Most lines of a plan.
const MAX_LINES: usize = 10_000;
/// Longest line in bytes.
const MAX_LINE: usize = 1 << 20;

/// A plan text that breaks the rules of `docs/plan-format.md`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
pub struct PlanError {
    /// From 1.
    pub line: Line,
    /// In bytes, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl PlanError {
    pub(crate) fn new(line: Line, column: usize, message: impl Into<String>) -> Self {
        Self { line, column, message: message.into() }
    }
}

impl Plan {
    /// Reads a plan. Never panics, whatever the bytes are.
    pub fn parse(text: &[u8]) -> Result<Self, PlanError> {
        let mut parser = Parser { blocks: Vec::new(), steps: Vec::new() };
        let mut header = false;
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if index >= MAX_LINES {
                return Err(PlanError::new(number(index), 1, "a plan has at most 10,000 lines"));
            }
            let at = number(index);
            if line.len() > MAX_LINE {
                return Err(PlanError::new(at, MAX_LINE + 1, "a line has at most 1 MiB"));
            }
            let tokens = lex::tokens(line)
                .map_err(|(column, message)| PlanError::new(at, column, message))?;
            if index == 0 {
                check_header(&tokens)?;
                header = true;
            } else if !tokens.is_empty() {
                parser.line(&mut Cursor::new(at, line.len(), &tokens))?;
            }
        }
        debug_assert!(header, "splitting yields at least one line");
        parser.finish()
    }
}

fn number(index: usize) -> Line {
    // At most 10,001 by the check above.
    Line::try_from(index + 1).unwrap_or(Line::MAX)
}

fn check_header(tokens: &[Token]) -> Result<(), PlanError> {
    let words: Vec<_> = tokens.iter().map(|token| &token.kind).collect();
    let wanted = format!("the first line must be: embedcheck-plan {FORMAT}");
    match words[..] {
        [TokenKind::Word(magic), TokenKind::Word(version)] if magic == "embedcheck-plan" => {
            if fields::decimal(version) == Some(i64::from(FORMAT)) {
                Ok(())
            } else {
                Err(PlanError::new(
                    1,
                    tokens[1].column,
                    format!("plan format {version:?} is not supported; this is format {FORMAT}"),
                ))
            }
        }
        _ => Err(PlanError::new(1, 1, wanted)),
    }
}

/// A block that is not closed yet.
struct Block {
    line: Line,
    kind: BlockKind,
    /// Steps of the enclosing block, put aside.
    outer: Vec<Step>,
}

enum BlockKind {
    Threads { groups: Vec<ThreadGroup> },
    Fork { name: crate::Name },
}

struct Parser {
    blocks: Vec<Block>,
    steps: Vec<Step>,
}

impl Parser {
    fn line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), PlanError> {
        let line = cursor.line;
        let (column, word) = cursor.word("a step")?;
        match word {
            "threads" => self.push_block(cursor, BlockKind::Threads { groups: Vec::new() })?,
            "fork" => {
                let name = cursor.name("a name for the child")?;
                self.push_block(cursor, BlockKind::Fork { name })?;
            }
            "thread" => {
                let group = steps::thread_group(cursor)?;
                self.thread(line, column, group)?;
            }
            "end" => self.end(line, column)?,
            word => {
                if matches!(self.blocks.last(), Some(Block { kind: BlockKind::Threads { groups }, .. })
                    if groups.is_empty())
                {
                    return Err(PlanError::new(
                        line,
                        column,
                        "the first line in `threads` must be a `thread` section",
                    ));
                }
                let op = steps::op(word, column, cursor)?;
                self.steps.push(Step { line, op });
            }
        }
        cursor.finish()
    }

    fn push_block(&mut self, cursor: &Cursor<'_>, kind: BlockKind) -> Result<(), PlanError> {
        // Two levels serve every real plan; the C host keeps its blocks in fixed arrays.
        const MAX_DEPTH: usize = 8;
        if self.blocks.len() >= MAX_DEPTH {
            return Err(PlanError::new(cursor.line, 1, "blocks are nested more than 8 deep"));
        }
        if matches!(self.blocks.last(), Some(Block { kind: BlockKind::Threads { groups }, .. })
            if groups.is_empty())
        {
            return Err(PlanError::new(
                cursor.line,
                1,
                "the first line in `threads` must be a `thread` section",
            ));
        }
        let outer = std::mem::take(&mut self.steps);
        self.blocks.push(Block { line: cursor.line, kind, outer });
        Ok(())
    }

    fn thread(&mut self, line: Line, column: usize, group: ThreadGroup) -> Result<(), PlanError> {
        let Some(Block { kind: BlockKind::Threads { groups }, .. }) = self.blocks.last_mut() else {
            return Err(PlanError::new(line, column, "`thread` may only stand in `threads`"));
        };
        if let Some(last) = groups.last_mut() {
            last.steps = std::mem::take(&mut self.steps);
        }
        groups.push(group);
        Ok(())
    }

    fn end(&mut self, line: Line, column: usize) -> Result<(), PlanError> {
        let Some(Block { line: began, kind, outer }) = self.blocks.pop() else {
            return Err(PlanError::new(line, column, "`end` without a block to close"));
        };
        let inner = std::mem::replace(&mut self.steps, outer);
        let op = match kind {
            BlockKind::Fork { name } => Op::Fork { name, steps: inner },
            BlockKind::Threads { mut groups } => {
                let Some(last) = groups.last_mut() else {
                    return Err(PlanError::new(
                        line,
                        column,
                        "`threads` without a `thread` section",
                    ));
                };
                last.steps = inner;
                Op::Threads(groups)
            }
        };
        self.steps.push(Step { line: began, op });
        Ok(())
    }

    fn finish(self) -> Result<Plan, PlanError> {
        match self.blocks.last() {
            Some(block) => Err(PlanError::new(block.line, 1, "this block has no `end`")),
            None => Ok(Plan { steps: self.steps }),
        }
    }
}

/// The tokens of one line, read from left to right.
pub(crate) struct Cursor<'a> {
    pub(crate) line: Line,
    /// Column behind the last byte, for errors about what is missing.
    end: usize,
    tokens: &'a [Token],
    next: usize,
}

impl<'a> Cursor<'a> {
    fn new(line: Line, length: usize, tokens: &'a [Token]) -> Self {
        Self { line, end: length + 1, tokens, next: 0 }
    }

    pub(crate) fn error(&self, column: usize, message: impl Into<String>) -> PlanError {
        PlanError::new(self.line, column, message)
    }

    pub(crate) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    pub(crate) fn token(&mut self, wanted: &str) -> Result<&'a Token, PlanError> {
        let token =
            self.peek().ok_or_else(|| self.error(self.end, format!("{wanted} is missing here")))?;
        self.next += 1;
        Ok(token)
    }

    fn finish(&self) -> Result<(), PlanError> {
        match self.peek() {
            None => Ok(()),
            Some(token) => Err(self.error(token.column, "nothing more is expected on this line")),
        }
    }
}
