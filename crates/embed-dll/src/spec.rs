//! What `embedding!` writes into the author's crate: one static description of the DLL, read by the
//! run time. Everything in it is plain data and addresses.

use std::ffi::{CStr, c_void};
use std::sync::atomic::AtomicPtr;

use crate::module::{Attached, State};

/// One embedding module: what the author wrote, and what has become of it in this process.
pub struct Module {
    /// What the author wrote.
    pub spec: Spec,
    /// What has become of it.
    pub state: State,
}

/// What the author wrote in `embedding!`.
pub struct Spec {
    /// The module that the init code imports; may be dotted.
    pub name: &'static CStr,
    /// The declarations, in the order in which they are to be read.
    pub texts: &'static [Text],
    /// The code that runs once. Empty if there is none.
    pub init: &'static CStr,
    /// Functions that Python implements: those of the API and those under `extern "Python"`.
    pub functions: &'static [&'static Function],
    /// Where the functions and variables are that Python may use through `lib`.
    pub symbols: &'static [Symbol],
    /// How to call a C function of each type that occurs in the declarations.
    pub invokers: &'static [Invoker],
    /// Layouts of partial records (`...;`), measured from Rust types.
    pub layouts: &'static [Layout],
    /// Values of constants declared with `...`.
    pub constants: &'static [(&'static str, i128)],
    /// What `typedef int... name;` and `typedef float... name;` stand for.
    pub numbers: &'static [(&'static str, embed_dll_cdecl::Primitive)],
    /// Numbers of items of variables declared with `[...]`. Functions, because the type of an
    /// array is known only where it is used.
    pub lengths: &'static [(&'static str, Length)],
    /// Where to look for a libpython.
    pub locate: Locate,
    /// Choices of the author.
    pub options: Options,
}

/// Counts the items of a variable: a function, because its type is the author's.
pub type Length = fn() -> u64;

/// A text of declarations.
pub struct Text {
    /// The text itself.
    pub text: &'static str,
    /// How to read it.
    pub dialect: embed_dll_cdecl::Dialect,
}

/// A function that Python implements. The macro makes a static of each.
pub struct Function {
    /// The name in C.
    pub name: &'static str,
    /// The module that it belongs to.
    pub module: &'static Module,
    /// What `def_extern()` has attached; null until then.
    pub attached: AtomicPtr<Attached>,
}

/// A function or variable with an address.
pub struct Symbol {
    /// The name in C.
    pub name: &'static str,
    /// Its address. A function, because addresses of thread-locals and imports are no constants.
    pub address: fn() -> *mut c_void,
}

/// Calls a C function through a pointer of one type.
pub struct Invoker {
    /// The type of the function as `embed_dll_cdecl::Declarations::name` writes a pointer to it,
    /// for example `int(*)(int, char *)`.
    pub ctype: &'static str,
    /// `invoke(function, arguments, result)`: each argument is the address of a value of the
    /// parameter's type; the result, if any, is written to `result`.
    ///
    /// # Safety
    ///
    /// Function, arguments and result must be of the types that `ctype` says, and valid.
    pub invoke: unsafe fn(*const c_void, *const *const c_void, *mut c_void),
}

/// The layout of a partial record.
pub struct Layout {
    /// The record as `embed_dll_cdecl::Declarations` names it: `struct foo` or `foo_t`.
    pub record: &'static str,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Name, offset and size of each declared field.
    pub fields: &'static [(&'static str, u64, u64)],
}

/// Where to look for a libpython. `$ORIGIN` at the start of a path is the folder of the DLL.
#[derive(Debug, Clone, Copy)]
pub struct Locate {
    /// A libpython, or a folder that has one.
    pub libpython: Option<&'static str>,
    /// `PYTHONHOME` for the interpreter: its prefix.
    pub home: Option<&'static str>,
    /// A virtual environment.
    pub venv: Option<&'static str>,
}

/// Choices of the author, with the defaults of [`Options::new`].
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What happens to SIGPIPE in the process when the DLL starts the interpreter.
    pub sigpipe: SigPipe,
    /// Whether the interpreter reads `PYTHON…` variables.
    pub use_environment: bool,
    /// Whether `site` is imported.
    pub import_site: bool,
    /// Whether Python's stdout and stderr are flushed after each call of an exported function.
    pub flush_after_calls: bool,
}

/// One module, for the code of its functions: what the compiler knows of it then, no call looks up.
pub trait Embedding {
    /// As in the [`Spec`].
    const OPTIONS: Options;

    /// The module.
    fn module() -> &'static Module;
}

/// What happens to SIGPIPE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigPipe {
    /// Left as the host has it: a write to a closed socket may end the process.
    Keep,
    /// Blocked in the calling thread while Python code runs in it.
    BlockDuringCalls,
}

impl Locate {
    /// The usual places.
    pub const fn new() -> Locate {
        Locate { libpython: None, home: None, venv: None }
    }
}

impl Default for Locate {
    fn default() -> Locate {
        Locate::new()
    }
}

impl Options {
    /// What suits most hosts.
    pub const fn new() -> Options {
        Options {
            sigpipe: SigPipe::Keep,
            use_environment: true,
            import_site: true,
            flush_after_calls: false,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}
