//! Plans made by code.

use crate::step::{
    Argument, BufferField, Callee, Fact, Handle, Library, Op, Plan, PythonAction, Space, Step,
    ThreadGroup,
};
use crate::{CSignature, CValue, Flags, Line, Name, Signature, Text};

/// Builds a plan step by step and numbers the steps as its text will.
///
/// Names and signatures are literals of the code that builds the plan.
///
/// # Panics
///
/// Each method panics on a name or signature that breaks the rules of the plan format: such a
/// literal is a mistake in the program.
#[derive(Debug)]
pub struct PlanBuilder {
    steps: Vec<Step>,
    next: Line,
}

impl Default for PlanBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl PlanBuilder {
    /// An empty plan; its first step will stand on line 2, behind the header.
    pub fn new() -> Self {
        Self { steps: Vec::new(), next: 2 }
    }

    /// Appends a step that is no block; returns its number.
    pub fn step(&mut self, op: Op) -> Line {
        let line = self.next;
        self.next += 1;
        self.steps.push(Step { line, op });
        line
    }

    /// `open HANDLE PATH FLAGS`.
    pub fn open(&mut self, handle: &str, path: impl Into<Text>, flags: Flags) -> Line {
        self.open_in(handle, Library::Path(path.into()), flags, Space::Base)
    }

    /// `open HANDLE self FLAGS`.
    pub fn open_program(&mut self, handle: &str) -> Line {
        self.open_in(handle, Library::Program, Flags::NOW, Space::Base)
    }

    /// `open` with everything said.
    pub fn open_in(&mut self, handle: &str, library: Library, flags: Flags, space: Space) -> Line {
        assert_ne!(handle, "default", "stands for RTLD_DEFAULT; take another name");
        self.step(Op::Open { handle: name(handle), library, flags, space })
    }

    /// `promote PATH` with the default flags.
    pub fn promote(&mut self, path: impl Into<Text>) -> Line {
        let flags = Flags::NOW | Flags::GLOBAL | Flags::NOLOAD;
        self.step(Op::Promote { path: path.into(), flags })
    }

    /// `close HANDLE`.
    pub fn close(&mut self, handle: &str) -> Line {
        self.step(Op::Close { handle: name(handle) })
    }

    /// `resolve HANDLE SYMBOL`.
    pub fn resolve(&mut self, handle: &str, symbol: &str) -> Line {
        self.step(Op::Resolve(callee(handle, symbol)))
    }

    /// `call HANDLE SYMBOL SIGNATURE ARG…`.
    pub fn call(
        &mut self,
        handle: &str,
        symbol: &str,
        signature: &str,
        arguments: &[Argument],
    ) -> Line {
        self.step(call(handle, symbol, signature, arguments, None))
    }

    /// `ffi HANDLE SYMBOL SIGNATURE VALUE…`. The signature is not a literal: whoever makes one makes the
    /// values for it.
    pub fn ffi(
        &mut self,
        handle: &str,
        symbol: &str,
        signature: &CSignature,
        arguments: &[CValue],
    ) -> Line {
        assert_eq!(signature.arguments.len(), arguments.len(), "arguments of {symbol}");
        let (callee, signature) = (callee(handle, symbol), signature.clone());
        self.step(Op::Ffi { callee, signature, arguments: arguments.to_vec() })
    }

    /// `call … errno=N`.
    pub fn call_with_errno(
        &mut self,
        handle: &str,
        symbol: &str,
        signature: &str,
        arguments: &[Argument],
        errno: i32,
    ) -> Line {
        self.step(call(handle, symbol, signature, arguments, Some(errno)))
    }

    /// `buffer NAME SIZE FIELD…`.
    pub fn buffer(&mut self, buffer: &str, size: usize, fields: Vec<BufferField>) -> Line {
        self.step(Op::Buffer { name: name(buffer), size, fields })
    }

    /// `hook HANDLE VARIABLE SYMBOL ARG`.
    pub fn hook(&mut self, handle: &str, variable: &str, symbol: &str, argument: i32) -> Line {
        let Callee { handle, symbol } = callee(handle, symbol);
        self.step(Op::Hook { handle, variable: variable.to_owned(), symbol, argument })
    }

    /// `python HANDLE ACTION`.
    pub fn python(&mut self, handle: &str, action: PythonAction) -> Line {
        self.step(Op::Python { handle: callee(handle, "").handle, action })
    }

    /// `facts KIND…`.
    pub fn facts(&mut self, facts: &[Fact]) -> Line {
        self.step(Op::Facts(facts.to_vec()))
    }

    /// `sleep MS`.
    pub fn sleep(&mut self, milliseconds: u64) -> Line {
        self.step(Op::Sleep(milliseconds))
    }

    /// `threads … end`; each group is `(count, stack, steps)`, and its steps are built by a closure.
    pub fn threads(&mut self, build: impl FnOnce(&mut ThreadsBuilder<'_>)) -> Line {
        let line = self.next;
        self.next += 1;
        let mut threads = ThreadsBuilder { outer: self, groups: Vec::new() };
        build(&mut threads);
        let groups = threads.groups;
        assert!(!groups.is_empty(), "`threads` needs a `thread` section");
        self.close_block(line, Op::Threads(groups))
    }

    /// `fork NAME … end`.
    pub fn fork(&mut self, child: &str, build: impl FnOnce(&mut Self)) -> Line {
        let line = self.next;
        self.next += 1;
        let steps = self.inner(build);
        self.close_block(line, Op::Fork { name: name(child), steps })
    }

    /// `wait NAME timeout=MS`.
    pub fn wait(&mut self, child: &str, timeout_ms: u64) -> Line {
        self.step(Op::Wait { name: name(child), timeout_ms })
    }

    /// The plan.
    pub fn finish(self) -> Plan {
        Plan { steps: self.steps }
    }

    fn inner(&mut self, build: impl FnOnce(&mut Self)) -> Vec<Step> {
        let outer = std::mem::take(&mut self.steps);
        build(self);
        std::mem::replace(&mut self.steps, outer)
    }

    fn close_block(&mut self, line: Line, op: Op) -> Line {
        // The line of `end`.
        self.next += 1;
        self.steps.push(Step { line, op });
        line
    }
}

/// Adds sections to a `threads` block.
#[derive(Debug)]
pub struct ThreadsBuilder<'a> {
    outer: &'a mut PlanBuilder,
    groups: Vec<ThreadGroup>,
}

impl ThreadsBuilder<'_> {
    /// `thread COUNT`.
    pub fn group(&mut self, count: u32, build: impl FnOnce(&mut PlanBuilder)) {
        self.group_with_stack(count, None, build);
    }

    /// `thread COUNT stack=BYTES`.
    pub fn group_with_stack(
        &mut self,
        count: u32,
        stack: Option<usize>,
        build: impl FnOnce(&mut PlanBuilder),
    ) {
        // The line of `thread`.
        self.outer.next += 1;
        let steps = self.outer.inner(build);
        self.groups.push(ThreadGroup { count, stack, steps });
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap_or_else(|| panic!("{text:?} is no name in a plan"))
}

fn callee(handle: &str, symbol: &str) -> Callee {
    let handle = if handle == "default" { Handle::Default } else { Handle::Named(name(handle)) };
    Callee { handle, symbol: symbol.to_owned() }
}

fn call(
    handle: &str,
    symbol: &str,
    signature: &str,
    arguments: &[Argument],
    errno: Option<i32>,
) -> Op {
    let signature = Signature::parse(signature).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(signature.arguments.len(), arguments.len(), "arguments of {symbol}");
    Op::Call { callee: callee(handle, symbol), signature, arguments: arguments.to_vec(), errno }
}
