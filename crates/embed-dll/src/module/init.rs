//! The first call: start, module objects, init code, once.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::descriptor::to_descriptor;
use crate::python::{Owned, Py, Result, Structure, View, structure};
use crate::spec::{Module, SigPipe};
use crate::start::Runtime;
use crate::{start, thread};

use super::attached::Attached;
use super::names;
use super::once::{Failure, NotReady, Retry, Turn};
use super::ready::Ready;
use super::report::{self, Failed};
use super::text;

/// Starts the interpreter and runs the init code, unless that has been done; see
/// [`Module::ready`].
#[cold]
#[inline(never)]
pub(super) fn once(
    module: &'static Module,
    retry: Retry,
) -> std::result::Result<&'static Ready, NotReady> {
    let once = &module.state.once;
    if let Some(failure) = once.failure(retry) {
        return Err(failure);
    }
    // Before this module's own lock: starting has a lock of its own, which is shared with others,
    // and many threads may be in it at once.
    let runtime = match start::interpreter(&module.spec) {
        Ok(runtime) => runtime,
        Err(error) if error.busy => return Err(NotReady::Busy(Arc::from(error.text))),
        Err(error) => {
            let text = report::init_failure(module, &Failed::Start(&error.text));
            let failure = Failure { text: Arc::from(text), retry: error.retry };
            let first = once.fail(failure.clone());
            if first {
                module.state.errors.set_start(Some(&failure.text));
                to_descriptor(&failure.text);
            }
            return Err(NotReady::Failed { text: failure.text, printed: first });
        }
    };
    let turn = once.turn(retry, |wait| released(runtime, wait))?;
    match turn {
        Turn::Done => module.state.ready().ok_or(NotReady::Forked),
        Turn::Inside => module.state.prepared().ok_or(NotReady::Forked),
        Turn::Run(running) => match run(module, runtime) {
            Ok(ready) => {
                module.state.errors.set_start(None);
                module.state.ready.store(std::ptr::from_ref(ready).cast_mut(), Ordering::Release);
                running.done();
                Ok(ready)
            }
            Err(Stopped::Foreign) => {
                running.put_back();
                Err(NotReady::Foreign)
            }
            Err(Stopped::Failed(text)) => {
                let text: Arc<str> = Arc::from(text);
                module.state.errors.set_start(Some(&text));
                running.failed(Failure { text: text.clone(), retry: true });
                Err(NotReady::Failed { text, printed: true })
            }
        },
    }
}

/// Runs `wait` without the GIL, which whoever runs the init code needs.
fn released(runtime: &'static Runtime, wait: &mut dyn FnMut()) {
    // SAFETY: may be asked by any thread while the interpreter exists. With sub-interpreters it may
    // say yes wrongly: then what follows takes the GIL and gives it back, which does no harm.
    if unsafe { runtime.abi.PyGILState_Check() } == 0 {
        return wait();
    }
    match thread::attach(runtime) {
        Ok(attachment) => thread::detached(attachment.py(), wait),
        Err(_) => wait(),
    }
}

/// Why the init code has not run to its end.
enum Stopped {
    /// Nothing was begun: the thread is in a sub-interpreter.
    Foreign,
    /// It failed; the text was printed, and is for the host.
    Failed(String),
}

/// Makes the module objects and runs the init code.
fn run(
    module: &'static Module,
    runtime: &'static Runtime,
) -> std::result::Result<&'static Ready, Stopped> {
    let _sigpipe = (module.spec.options.sigpipe == SigPipe::BlockDuringCalls)
        .then(thread::SigPipeBlocked::new);
    let attachment = match thread::attach(runtime) {
        Ok(attachment) => attachment,
        Err(refused) => {
            let text = report::init_failure(module, &Failed::Start(&refused.to_string()));
            to_descriptor(&text);
            return Err(Stopped::Failed(text));
        }
    };
    let py = attachment.py();
    if !py.is_in_main_interpreter() {
        return Err(Stopped::Foreign);
    }
    run_attached(py, module, runtime).map_err(|raised| {
        let exception = raised.take(py);
        text::register_lines(py, module);
        let text = report::init_failure(module, &Failed::Raised(&exception));
        text::to_stderr(py, &text);
        Stopped::Failed(text)
    })
}

fn run_attached<'a>(
    py: Py<'a>,
    module: &'static Module,
    runtime: &'static Runtime,
) -> Result<&'static Ready> {
    let ready = Ready::prepare(py, module, runtime)?;
    ready.register(py, module)?;
    // What an earlier attempt attached belongs to globals that are given up. Before the first one,
    // a program that imported the module may have attached what it likes.
    if module.state.begun.swap(true, Ordering::Relaxed) {
        for function in module.spec.functions {
            Attached::detach(py, function);
        }
    }
    if !module.spec.init.is_empty() {
        let code = compile(py, module)?;
        let globals = globals(py)?;
        // SAFETY: attached; a code object and a dict.
        let result = unsafe {
            let globals = globals.as_pointer();
            py.own(py.abi().PyEval_EvalCode(code.as_pointer(), globals, globals))
        };
        result?;
    }
    text::register_lines_if_cheap(py, module);
    Ok(ready)
}

/// `PyCompilerFlags` since 3.8.
#[repr(C)]
struct CompilerFlags {
    flags: c_int,
    /// The minor version whose grammar is meant.
    feature_version: c_int,
}

pub(crate) const FLAGS_STRUCTURE: Structure = structure!(CompilerFlags is "PyCompilerFlags" {
    flags: "cf_flags", feature_version: "cf_feature_version",
});

/// `Py_file_input`: what `compile()` calls `"exec"`.
const FILE_INPUT: c_int = 257;
/// `PyCF_SOURCE_IS_UTF8 | PyCF_IGNORE_COOKIE`, the same numbers since 3.8: a comment about the coding
/// of the text has no effect.
const UTF8: c_int = 0x0100 | 0x0800;

/// `compile(init code, "<init code for '…'>", "exec", dont_inherit=True)`, but without calling that
/// where it can be helped: to see whether it was given a syntax tree, it makes all the classes of the
/// module `ast`, which takes 2 ms, a fifth of what starting an interpreter takes.
fn compile<'a>(py: Py<'a>, module: &'static Module) -> Result<Owned<'a>> {
    let file = py.str(&names::init_file(module))?;
    let (_, minor) = py.abi().version;
    let mut flags = CompilerFlags { flags: UTF8, feature_version: c_int::from(minor) };
    let flags = (&raw mut flags).cast();
    let source = module.spec.init.as_ptr();
    // SAFETY: attached; text and flags live through the call. -1 is the optimisation that the
    // interpreter was started with.
    let code = unsafe {
        py.abi().Py_CompileStringObject(source, file.as_pointer(), FILE_INPUT, flags, -1)
    };
    if let Some(code) = code {
        // SAFETY: a new reference, or null with an exception set.
        return unsafe { py.own(code) };
    }
    let source = py.str(&module.spec.init.to_string_lossy())?;
    let (mode, flags, inherit) = (py.str("exec")?, py.int(0)?, py.bool(true));
    let compile = py.import(c"builtins")?.attr(c"compile")?;
    compile.call(&[*source, *file, *mode, *flags, *inherit])
}

/// A dict with nothing but `__builtins__`, as with CFFI: there is no `__name__`.
fn globals(py: Py<'_>) -> Result<Owned<'_>> {
    let globals = py.dict()?;
    // SAFETY: attached; borrowed, and kept alive by the interpreter.
    let builtins: Option<View<'_>> = unsafe { py.view(py.abi().PyEval_GetBuiltins()) };
    if let Some(builtins) = builtins {
        globals.dict_set(c"__builtins__", builtins)?;
    }
    Ok(globals)
}
