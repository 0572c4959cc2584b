//! Plans and events: what a host is told to do, and what it says happened.
//!
//! Pure data: no I/O, no unsafe code. The text forms are specified in `docs/plan-format.md`; the C
//! host implements the same document independently.
//!
//! ```
//! use embedcheck_plan::{Flags, Plan, PlanBuilder};
//!
//! let mut builder = PlanBuilder::new();
//! builder.open("plugin", "/opt/plugin.so", Flags::NOW | Flags::LOCAL);
//! let answer = builder.call("plugin", "add", "i(ii)", &[40.into(), 2.into()]);
//! let plan = builder.finish();
//! assert_eq!(answer, 3);
//! assert_eq!(Plan::parse(plan.to_string().as_bytes()).unwrap(), plan);
//! ```
#![forbid(unsafe_code)]

mod builder;
mod event;
mod flags;
mod foreign;
mod lex;
mod parse;
mod render;
mod signature;
mod step;
mod words;

pub use builder::{PlanBuilder, ThreadsBuilder};
pub use event::{Event, EventError};
pub use flags::Flags;
pub use foreign::{CInteger, CSignature, CType, CValue};
pub use parse::PlanError;
pub use signature::{Kind, Signature};
pub use step::{
    Argument, BufferField, Callee, Fact, FieldValue, Handle, Library, NumberType, Op, Plan,
    PythonAction, Space, Step, ThreadGroup,
};
pub use words::{Name, Text};

/// Version of the plan text, the number in its first line.
pub const FORMAT: u32 = 1;

/// Exit code by which a host says that it reached the end of its plan.
///
/// Neither 0 nor 1: `exit(1)` from inside `Py_InitializeEx` and a host that ended early for another
/// reason must not look like a normal end.
pub const NORMAL_EXIT: i32 = 17;

/// Exit code of a host that was called wrongly or given a plan it cannot parse.
pub const BAD_PLAN_EXIT: i32 = 2;

/// Exit code of a host that could not write its events.
pub const EVENTS_LOST_EXIT: i32 = 3;

/// Number of a step: the line of the plan text on which it stands, from 1.
pub type Line = u32;
