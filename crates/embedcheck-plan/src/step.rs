//! The steps of a plan.

use crate::foreign::{CSignature, CValue};
use crate::{Flags, Line, Name, Signature, Text};

/// The ordered steps that one host process executes.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plan {
    /// In order; blocks hold their own steps.
    pub steps: Vec<Step>,
}

/// One step and the line on which it stands: its number in events.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Line number in the plan text, from 1.
    pub line: Line,
    /// What to do.
    pub op: Op,
}

/// What a step does. `docs/plan-format.md` has the exact meaning of each.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `dlopen` or `dlmopen`.
    Open {
        /// Name by which later steps speak of the library.
        handle: Name,
        /// What to open.
        library: Library,
        /// How.
        flags: Flags,
        /// In which namespace.
        space: Space,
    },
    /// Puts a library that is loaded already into the global scope.
    Promote {
        /// Path or soname.
        path: Text,
        /// By default `NOW|GLOBAL|NOLOAD`.
        flags: Flags,
    },
    /// `dlclose`.
    Close {
        /// Which.
        handle: Name,
    },
    /// `dlsym` and `dladdr`; calls nothing.
    Resolve(Callee),
    /// Calls a C function.
    Call {
        /// Which function.
        callee: Callee,
        /// Its type.
        signature: Signature,
        /// As many as the signature has.
        arguments: Vec<Argument>,
        /// Value of `errno` just before the call; 0 if absent.
        errno: Option<i32>,
    },
    /// Calls a C function of any type. Only the Rust host can, with libffi.
    Ffi {
        /// Which function.
        callee: Callee,
        /// Its type.
        signature: CSignature,
        /// As many as the signature has.
        arguments: Vec<CValue>,
    },
    /// Makes zeroed memory for pointer arguments and fills in fields.
    Buffer {
        /// Name, used as `@NAME`.
        name: Name,
        /// In bytes.
        size: usize,
        /// Initial contents.
        fields: Vec<BufferField>,
    },
    /// Reads a number back from a buffer.
    Peek {
        /// Which buffer.
        name: Name,
        /// In bytes.
        offset: usize,
        /// Type at that place.
        number: NumberType,
    },
    /// Stores the host's own `int (int)` in a function-pointer variable of a library.
    Hook {
        /// Where the variable and the function are looked up.
        handle: Handle,
        /// Name of the variable.
        variable: String,
        /// `int SYMBOL(int, int)`, called by the hook.
        symbol: String,
        /// Second argument of that call.
        argument: i32,
    },
    /// Starts threads behind one barrier, and joins them.
    Threads(Vec<ThreadGroup>),
    /// Forks; the child runs the steps.
    Fork {
        /// Name for `wait`.
        name: Name,
        /// Steps of the child.
        steps: Vec<Step>,
    },
    /// Waits for a forked child.
    Wait {
        /// Which child.
        name: Name,
        /// Milliseconds; the child is killed after that.
        timeout_ms: u64,
    },
    /// Changes the working directory.
    Chdir(Text),
    /// Sets an environment variable of the process, seen by `getenv`.
    Setenv {
        /// Name of the variable.
        name: String,
        /// Its value.
        value: Text,
    },
    /// Removes an environment variable.
    Unsetenv(String),
    /// Sleeps that many milliseconds.
    Sleep(u64),
    /// The host acts as an embedder of its own, through `dlsym`.
    Python {
        /// Where the functions are looked up.
        handle: Handle,
        /// What to do.
        action: PythonAction,
    },
    /// Reports facts about the process.
    Facts(Vec<Fact>),
    /// Ends the process.
    Exit {
        /// Exit code.
        code: i32,
        /// `_exit` instead of `exit`: no `atexit` handlers.
        now: bool,
    },
}

impl Op {
    /// The words of all steps, in the order of the document. `thread` and `end` are no steps but parts
    /// of blocks.
    pub const WORDS: [&'static str; 19] = [
        "open", "promote", "close", "resolve", "call", "ffi", "buffer", "peek", "hook", "threads",
        "fork", "wait", "chdir", "setenv", "unsetenv", "sleep", "python", "facts", "exit",
    ];

    /// The word that starts the step in a plan, and the `op` of its events.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Promote { .. } => "promote",
            Self::Close { .. } => "close",
            Self::Resolve(_) => "resolve",
            Self::Call { .. } => "call",
            Self::Ffi { .. } => "ffi",
            Self::Buffer { .. } => "buffer",
            Self::Peek { .. } => "peek",
            Self::Hook { .. } => "hook",
            Self::Threads(_) => "threads",
            Self::Fork { .. } => "fork",
            Self::Wait { .. } => "wait",
            Self::Chdir(_) => "chdir",
            Self::Setenv { .. } => "setenv",
            Self::Unsetenv(_) => "unsetenv",
            Self::Sleep(_) => "sleep",
            Self::Python { .. } => "python",
            Self::Facts(_) => "facts",
            Self::Exit { .. } => "exit",
        }
    }
}

/// A library named by an earlier `open`, or the default scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handle {
    /// `RTLD_DEFAULT`.
    Default,
    /// An opened library.
    Named(Name),
}

/// A function of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// Where it is looked up.
    pub handle: Handle,
    /// Its name in C.
    pub symbol: String,
}

/// What `open` opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Library {
    /// `dlopen(NULL)`: the program itself.
    Program,
    /// A path, or a soname that ld.so looks up.
    Path(Text),
}

/// Link-map namespace of an `open`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Space {
    /// The host's own.
    Base,
    /// A new one: `LM_ID_NEWLM`.
    New,
    /// That of another handle.
    Of(Name),
}

/// An argument of a call. Doubles are equal if a plan writes them alike: NaN is itself, and -0 is not 0.
#[derive(Clone, Debug)]
pub enum Argument {
    /// For `i`, `l` and, as an address, `p`.
    Integer(i64),
    /// For `d`.
    Double(f64),
    /// For `s`.
    Text(Text),
    /// For `p`: address of a buffer.
    Buffer(Name),
    /// For `p` and `s`.
    Null,
}

impl PartialEq for Argument {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => same_double(*a, *b),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Buffer(a), Self::Buffer(b)) => a == b,
            (Self::Null, Self::Null) => true,
            _ => false,
        }
    }
}

/// Whether a plan writes both alike.
pub(crate) fn same_double(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

macro_rules! argument_from {
    ($($from:ty => $variant:ident($convert:expr)),* $(,)?) => {$(
        impl From<$from> for Argument {
            fn from(value: $from) -> Self {
                Self::$variant($convert(value))
            }
        }
    )*};
}
argument_from! {
    i32 => Integer(i64::from),
    i64 => Integer(i64::from),
    f64 => Double(f64::from),
    &str => Text(Text::from),
    &String => Text(Text::from),
    Text => Text(Text::from),
}

/// Initial contents of a part of a buffer.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferField {
    /// In bytes.
    pub offset: usize,
    /// How many bytes, and how they are read.
    pub number: NumberType,
    /// The number; for integer types its integer part counts.
    pub value: FieldValue,
}

/// A number in a buffer. Floating-point numbers are equal if a plan writes them alike.
#[derive(Clone, Copy, Debug)]
pub enum FieldValue {
    /// For `i8` to `i64`.
    Integer(i64),
    /// For `f32` and `f64`.
    Float(f64),
}

impl PartialEq for FieldValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => same_double(*a, *b),
            _ => false,
        }
    }
}

/// Type of a number in memory, in native byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    /// One byte.
    I8,
    /// Two bytes.
    I16,
    /// Four bytes.
    I32,
    /// Eight bytes.
    I64,
    /// `float`.
    F32,
    /// `double`.
    F64,
}

impl NumberType {
    /// Every type with its name and its size in bytes.
    pub const ALL: [(Self, &'static str, usize); 6] = [
        (Self::I8, "i8", 1),
        (Self::I16, "i16", 2),
        (Self::I32, "i32", 4),
        (Self::I64, "i64", 8),
        (Self::F32, "f32", 4),
        (Self::F64, "f64", 8),
    ];

    /// Name in a plan and size in bytes.
    pub fn name_and_size(self) -> (&'static str, usize) {
        let mut all = Self::ALL.into_iter();
        all.find(|(kind, ..)| *kind == self).map_or(("i8", 1), |(_, name, size)| (name, size))
    }

    /// Whether it is a floating-point type.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// Threads that run the same steps.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadGroup {
    /// How many.
    pub count: u32,
    /// Size of each one's stack in bytes; the system's default if absent.
    pub stack: Option<usize>,
    /// What each does after the barrier.
    pub steps: Vec<Step>,
}

/// What `python` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PythonAction {
    /// `Py_InitializeEx` with this argument: 1 installs Python's signal handlers.
    Initialize(i32),
    /// `Py_FinalizeEx`.
    Finalize,
    /// `PyEval_SaveThread`.
    SaveThread,
    /// `PyEval_RestoreThread`.
    RestoreThread,
    /// `PyGILState_Ensure`.
    Ensure,
    /// `PyGILState_Release`.
    Release,
    /// `PyRun_SimpleString`.
    Run(Text),
}

impl PythonAction {
    /// The word in a plan.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Initialize(_) => "initialize",
            Self::Finalize => "finalize",
            Self::SaveThread => "save-thread",
            Self::RestoreThread => "restore-thread",
            Self::Ensure => "ensure",
            Self::Release => "release",
            Self::Run(_) => "run",
        }
    }
}

/// A kind of fact about the host process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Mapped objects that define `Py_IsInitialized`.
    Images,
    /// Where `Py_IsInitialized` is found from each scope.
    Symbols,
    /// Signal dispositions.
    Signals,
    /// `setlocale(…, NULL)`.
    Locale,
    /// Whether Python is initialised.
    Python,
    /// `sys.prefix`, `sys.executable`, version.
    Prefix,
    /// Number of threads.
    Threads,
}

impl Fact {
    /// Every kind with its name.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Images, "images"),
        (Self::Symbols, "symbols"),
        (Self::Signals, "signals"),
        (Self::Locale, "locale"),
        (Self::Python, "python"),
        (Self::Prefix, "prefix"),
        (Self::Threads, "threads"),
    ];

    /// Name in a plan and key in the event.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(fact, _)| *fact == self).map_or("images", |(_, name)| name)
    }
}
