//! [`Plan`] to its text.

use std::fmt;

use crate::step::{
    Argument, BufferField, Callee, FieldValue, Handle, Library, NumberType, Op, Plan, PythonAction,
    Space, Step,
};
use crate::{FORMAT, Flags, Kind};

impl fmt::Display for Plan {
    /// The canonical text. Steps stand on the lines that they say, with empty lines between where
    /// the numbers leave room (comments of a parsed plan are not kept).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Lines { f, line: 1 };
        writeln!(out.f, "embedcheck-plan {FORMAT}")?;
        out.steps(&self.steps, 0)
    }
}

struct Lines<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    /// Lines written so far.
    line: u32,
}

impl Lines<'_, '_> {
    fn steps(&mut self, steps: &[Step], depth: usize) -> fmt::Result {
        for step in steps {
            while self.line + 1 < step.line {
                self.line(0, format_args!(""))?;
            }
            self.step(&step.op, depth)?;
        }
        Ok(())
    }

    fn line(&mut self, depth: usize, text: fmt::Arguments<'_>) -> fmt::Result {
        self.line += 1;
        writeln!(self.f, "{:1$}{text}", "", depth * 2)
    }

    fn step(&mut self, op: &Op, depth: usize) -> fmt::Result {
        match op {
            Op::Threads(groups) => {
                self.line(depth, format_args!("threads"))?;
                for group in groups {
                    match group.stack {
                        Some(stack) => {
                            self.line(depth, format_args!("thread {} stack={stack}", group.count))?
                        }
                        None => self.line(depth, format_args!("thread {}", group.count))?,
                    }
                    self.steps(&group.steps, depth + 1)?;
                }
                self.line(depth, format_args!("end"))
            }
            Op::Fork { name, steps } => {
                self.line(depth, format_args!("fork {name}"))?;
                self.steps(steps, depth + 1)?;
                self.line(depth, format_args!("end"))
            }
            op => self.line(depth, format_args!("{op}")),
        }
    }
}

impl fmt::Display for Op {
    /// One line; of a block only the first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Open { handle, library, flags, space } => {
                write!(f, " {handle} ")?;
                match library {
                    Library::Program => f.write_str("self")?,
                    Library::Path(path) => write!(f, "{path}")?,
                }
                write!(f, " {flags}")?;
                match space {
                    Space::Base => Ok(()),
                    Space::New => f.write_str(" newlm"),
                    Space::Of(name) => write!(f, " in={name}"),
                }
            }
            Self::Promote { path, flags } => {
                write!(f, " {path}")?;
                if *flags == Flags::NOW | Flags::GLOBAL | Flags::NOLOAD {
                    return Ok(());
                }
                write!(f, " {flags}")
            }
            Self::Close { handle } => write!(f, " {handle}"),
            Self::Resolve(callee) => write!(f, " {callee}"),
            Self::Call { callee, signature, arguments, errno } => {
                write!(f, " {callee} {signature}")?;
                for (kind, argument) in signature.arguments.iter().zip(arguments) {
                    match (kind, argument) {
                        (Kind::Pointer, Argument::Integer(address)) => write!(f, " {address:#x}")?,
                        _ => write!(f, " {argument}")?,
                    }
                }
                errno.map_or(Ok(()), |errno| write!(f, " errno={errno}"))
            }
            Self::Ffi { callee, signature, arguments } => {
                write!(f, " {callee} {signature}")?;
                arguments.iter().try_for_each(|value| write!(f, " {value}"))
            }
            Self::Buffer { name, size, fields } => {
                write!(f, " {name} {size}")?;
                fields.iter().try_for_each(|field| write!(f, " {field}"))
            }
            Self::Peek { name, offset, number } => write!(f, " {name} {offset}:{number}"),
            Self::Hook { handle, variable, symbol, argument } => {
                write!(f, " {handle} {variable} {symbol} {argument}")
            }
            Self::Threads(_) => Ok(()),
            Self::Fork { name, .. } => write!(f, " {name}"),
            Self::Wait { name, timeout_ms } => write!(f, " {name} timeout={timeout_ms}"),
            Self::Chdir(path) => write!(f, " {path}"),
            Self::Setenv { name, value } => write!(f, " {name} {value}"),
            Self::Unsetenv(name) => write!(f, " {name}"),
            Self::Sleep(ms) => write!(f, " {ms}"),
            Self::Python { handle, action } => {
                write!(f, " {handle} {}", action.word())?;
                match action {
                    PythonAction::Initialize(0) => Ok(()),
                    PythonAction::Initialize(signals) => write!(f, " {signals}"),
                    PythonAction::Run(code) => write!(f, " {code}"),
                    _ => Ok(()),
                }
            }
            Self::Facts(facts) => facts.iter().try_for_each(|fact| write!(f, " {}", fact.name())),
            Self::Exit { code, now } => write!(f, " {code}{}", if *now { " now" } else { "" }),
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Named(name) => write!(f, "{name}"),
        }
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.handle, self.symbol)
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value:e}"),
            Self::Text(text) => write!(f, "{text}"),
            Self::Buffer(name) => write!(f, "@{name}"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for BufferField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}=", self.offset, self.number)?;
        match self.value {
            FieldValue::Integer(value) => write!(f, "{value}"),
            FieldValue::Float(value) => write!(f, "{value:e}"),
        }
    }
}

impl fmt::Display for NumberType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name_and_size().0)
    }
}
