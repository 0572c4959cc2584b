//! One line to one step.

use super::{Cursor, PlanError, foreign};
use crate::lex::TokenKind;
use crate::step::{
    Argument, BufferField, Callee, Fact, FieldValue, Library, Op, PythonAction, Space, ThreadGroup,
};
use crate::{Flags, Kind, Signature};

/// Largest buffer in bytes.
const MAX_BUFFER: usize = 1 << 20;
/// Most threads of one section; the C host keeps them in an array.
const MAX_THREADS: u32 = 1_000;
/// How long `wait` waits for a child if the plan does not say.
const DEFAULT_WAIT_MS: u64 = 5_000;

pub(super) fn op(word: &str, column: usize, cursor: &mut Cursor<'_>) -> Result<Op, PlanError> {
    match word {
        "open" => open(cursor),
        "promote" => {
            let path = cursor.text("a path or soname")?;
            let flags = match cursor.peek() {
                Some(_) => cursor.flags()?,
                None => Flags::NOW | Flags::GLOBAL | Flags::NOLOAD,
            };
            Ok(Op::Promote { path, flags })
        }
        "close" => Ok(Op::Close { handle: cursor.new_handle()? }),
        "resolve" => Ok(Op::Resolve(callee(cursor)?)),
        "call" => call(cursor),
        "ffi" => foreign::ffi(cursor),
        "buffer" => buffer(cursor),
        "peek" => {
            let name = cursor.name("the name of a buffer")?;
            let (column, word) = cursor.word("OFFSET:TYPE")?;
            let (offset, number) = cursor.place(column, word)?;
            Ok(Op::Peek { name, offset, number })
        }
        "hook" => Ok(Op::Hook {
            handle: cursor.handle()?,
            variable: cursor.symbol("the name of a function-pointer variable")?,
            symbol: cursor.symbol("the name of a function")?,
            argument: cursor.number("an int")?,
        }),
        "wait" => {
            let name = cursor.name("the name of a child")?;
            let timeout_ms = match cursor.option("timeout=") {
                Some((column, word)) => cursor.parse_number(column + 8, word, "milliseconds")?,
                None => DEFAULT_WAIT_MS,
            };
            Ok(Op::Wait { name, timeout_ms })
        }
        "chdir" => Ok(Op::Chdir(cursor.text("a path")?)),
        "setenv" => Ok(Op::Setenv { name: variable(cursor)?, value: cursor.text("a value")? }),
        "unsetenv" => Ok(Op::Unsetenv(variable(cursor)?)),
        "sleep" => Ok(Op::Sleep(cursor.number("milliseconds")?)),
        "python" => Ok(Op::Python { handle: cursor.handle()?, action: python(cursor)? }),
        "facts" => facts(cursor),
        "exit" => {
            let (column, word) = cursor.word("an exit code")?;
            let code: i32 = cursor.parse_number(column, word, "an exit code")?;
            if !(0..=255).contains(&code) {
                return Err(cursor.error(column, "an exit code lies between 0 and 255"));
            }
            Ok(Op::Exit { code, now: cursor.flag("now")? })
        }
        _ => Err(cursor
            .error(column, format!("unknown step {word:?}; `--list` of a host names the steps"))),
    }
}

fn open(cursor: &mut Cursor<'_>) -> Result<Op, PlanError> {
    let handle = cursor.new_handle()?;
    let token = cursor.token("a path in double quotes, or self,")?;
    let library = match &token.kind {
        TokenKind::Text(path) => Library::Path(path.clone()),
        TokenKind::Word(word) if word == "self" => Library::Program,
        TokenKind::Word(_) => {
            return Err(cursor.error(token.column, "a path in double quotes, or self, is expected"));
        }
    };
    let flags = cursor.flags()?;
    let space = if let Some((column, name)) = cursor.option("in=") {
        Space::Of(cursor.check_name(column + 3, name)?)
    } else if cursor.flag("newlm")? {
        Space::New
    } else {
        Space::Base
    };
    Ok(Op::Open { handle, library, flags, space })
}

fn callee(cursor: &mut Cursor<'_>) -> Result<Callee, PlanError> {
    Ok(Callee { handle: cursor.handle()?, symbol: cursor.symbol("the name of a symbol")? })
}

fn call(cursor: &mut Cursor<'_>) -> Result<Op, PlanError> {
    let callee = callee(cursor)?;
    let (column, word) = cursor.word("a signature such as i(ii)")?;
    let signature = Signature::parse(word).map_err(|message| cursor.error(column, message))?;
    let mut arguments = Vec::with_capacity(signature.arguments.len());
    for kind in &signature.arguments {
        arguments.push(argument(*kind, cursor)?);
    }
    let errno = match cursor.option("errno=") {
        Some((column, word)) => Some(cursor.parse_number(column + 6, word, "an errno")?),
        None => None,
    };
    Ok(Op::Call { callee, signature, arguments, errno })
}

fn argument(kind: Kind, cursor: &mut Cursor<'_>) -> Result<Argument, PlanError> {
    let wanted = format!("an argument of type {}", kind.letter());
    let token = cursor.token(&wanted)?;
    let column = token.column;
    match (kind, &token.kind) {
        (Kind::String, TokenKind::Text(text)) => Ok(Argument::Text(text.clone())),
        (_, TokenKind::Text(_)) => {
            Err(cursor.error(column, format!("{wanted} is expected, without quotes")))
        }
        (Kind::Pointer | Kind::String, TokenKind::Word(word)) if word == "null" => {
            Ok(Argument::Null)
        }
        (Kind::String, TokenKind::Word(_)) => {
            Err(cursor.error(column, "a string in double quotes, or null, is expected"))
        }
        (Kind::Pointer, TokenKind::Word(word)) => match word.strip_prefix('@') {
            Some(name) => Ok(Argument::Buffer(cursor.check_name(column + 1, name)?)),
            None if word.starts_with("0x") => {
                Ok(Argument::Integer(cursor.parse_integer(column, word)?))
            }
            None => Err(cursor.error(column, "a pointer is null, @BUFFER or 0x…")),
        },
        (Kind::Double, TokenKind::Word(word)) => {
            Ok(Argument::Double(cursor.parse_double(column, word)?))
        }
        (Kind::Int | Kind::Long | Kind::Void, TokenKind::Word(word)) => {
            let value = cursor.parse_integer(column, word)?;
            let fits = kind != Kind::Int || i32::try_from(value).is_ok();
            if !fits {
                return Err(cursor.error(column, format!("{word} does not fit an int")));
            }
            Ok(Argument::Integer(value))
        }
    }
}

fn buffer(cursor: &mut Cursor<'_>) -> Result<Op, PlanError> {
    let name = cursor.name("a name for the buffer")?;
    let (column, word) = cursor.word("a size in bytes")?;
    let size: usize = cursor.parse_number(column, word, "a size in bytes")?;
    if size == 0 || size > MAX_BUFFER {
        return Err(cursor.error(column, "a buffer has 1 to 1048576 bytes"));
    }
    let mut fields = Vec::new();
    while cursor.peek().is_some() {
        let (column, word) = cursor.word("OFFSET:TYPE=VALUE")?;
        let (place, value) = word.split_once('=').ok_or_else(|| {
            cursor.error(column, format!("{word:?} must look like OFFSET:TYPE=VALUE"))
        })?;
        let (offset, number) = cursor.place(column, place)?;
        let value_column = column + place.len() + 1;
        let value = if number.is_float() {
            FieldValue::Float(cursor.parse_double(value_column, value)?)
        } else {
            FieldValue::Integer(cursor.parse_integer(value_column, value)?)
        };
        if offset.checked_add(number.name_and_size().1).is_none_or(|end| end > size) {
            return Err(
                cursor.error(column, format!("the field ends behind the buffer of {size} bytes"))
            );
        }
        fields.push(BufferField { offset, number, value });
    }
    Ok(Op::Buffer { name, size, fields })
}

fn variable(cursor: &mut Cursor<'_>) -> Result<String, PlanError> {
    let (column, word) = cursor.word("the name of an environment variable")?;
    if word.contains('=') {
        return Err(cursor.error(column, "the name of an environment variable has no ="));
    }
    Ok(word.to_owned())
}

fn python(cursor: &mut Cursor<'_>) -> Result<PythonAction, PlanError> {
    let (column, word) = cursor.word("what to do with Python")?;
    Ok(match word {
        "initialize" => PythonAction::Initialize(match cursor.peek() {
            Some(_) => cursor.number("the argument of Py_InitializeEx")?,
            None => 0,
        }),
        "finalize" => PythonAction::Finalize,
        "save-thread" => PythonAction::SaveThread,
        "restore-thread" => PythonAction::RestoreThread,
        "ensure" => PythonAction::Ensure,
        "release" => PythonAction::Release,
        "run" => PythonAction::Run(cursor.text("Python code")?),
        _ => {
            return Err(cursor.error(
                column,
                format!(
                    "{word:?}: one of initialize finalize save-thread restore-thread ensure \
                     release run"
                ),
            ));
        }
    })
}

fn facts(cursor: &mut Cursor<'_>) -> Result<Op, PlanError> {
    let mut facts = Vec::new();
    while facts.is_empty() || cursor.peek().is_some() {
        let (column, word) = cursor.word("a kind of facts")?;
        let found = Fact::ALL.into_iter().find(|(_, name)| *name == word);
        let (fact, _) = found.ok_or_else(|| {
            let names = Fact::ALL.map(|(_, name)| name).join(" ");
            cursor.error(column, format!("unknown kind of facts {word:?}: one of {names}"))
        })?;
        if facts.contains(&fact) {
            return Err(cursor.error(column, format!("{word} is named twice")));
        }
        facts.push(fact);
    }
    Ok(Op::Facts(facts))
}

/// `thread COUNT [stack=BYTES]`, behind its first word; the steps follow on later lines.
pub(super) fn thread_group(cursor: &mut Cursor<'_>) -> Result<ThreadGroup, PlanError> {
    let (column, word) = cursor.word("a number of threads")?;
    let count: u32 = cursor.parse_number(column, word, "a number of threads")?;
    if count == 0 || count > MAX_THREADS {
        return Err(cursor.error(column, "a section has 1 to 1000 threads"));
    }
    let stack = match cursor.option("stack=") {
        Some((column, word)) => Some(cursor.parse_number(column + 6, word, "a stack size")?),
        None => None,
    };
    Ok(ThreadGroup { count, stack, steps: Vec::new() })
}
