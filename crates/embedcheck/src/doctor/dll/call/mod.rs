//! `--call`: a C declaration and arguments, read before anything runs.

mod lower;
mod show;
mod simple;
mod tree;

use embed_dll_cdecl::{Declarations, Dialect, ErrorKind, Type, TypeId};
use embedcheck_plan::{CSignature, CValue, Line, PlanBuilder, Text};
use serde_json::Value;
use thiserror::Error;

use self::simple::Simple;
use self::tree::Tree;
use crate::doctor::DoctorError;

/// Why a call cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum CallError {
    #[error("--call without a declaration; write --call 'int add1(int, int)' 40 2")]
    Empty,
    #[error("--call `{text}`: {why}")]
    Declaration { text: String, why: String },
    #[error("--call: `{name}` takes {}, and {given} are given: {declared}", arguments(*.takes))]
    Count { name: String, takes: usize, given: usize, declared: String },
    #[error("--call: argument {number} of `{name}`, `{text}` for `{ty}`: {why}")]
    Argument { name: String, number: usize, text: String, ty: String, why: String },
    #[error("--call: the result of `{name}` cannot be received: {why}")]
    Result { name: String, why: String },
}

/// A number of them, in words.
fn arguments(number: usize) -> String {
    match number {
        1 => "1 argument".to_owned(),
        number => format!("{number} arguments"),
    }
}

/// Why no function with `...` is called.
const VARIADIC: &str = "a function with `...` cannot be called: which types it expects there, no \
                        declaration says; call one with fixed parameters";

/// A call that can be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Name of the function.
    pub(super) symbol: String,
    /// As it would stand in C: `add1(40, 2)`.
    pub(super) text: String,
    known: Declarations,
    returns: TypeId,
    signature: CSignature,
    arguments: Vec<CValue>,
    simple: Result<Simple, String>,
}

impl Call {
    /// From the words behind `--call`: the declaration, then the arguments.
    pub(super) fn read(words: &[String]) -> Result<Self, DoctorError> {
        read(words).map_err(|error| DoctorError::Input(error.to_string()))
    }

    /// Why the C host cannot make it.
    pub(super) fn beyond_c(&self) -> Option<&str> {
        self.simple.as_ref().err().map(String::as_str)
    }

    /// Adds the call, for the Rust host, which can make every one.
    pub(super) fn add(&self, plan: &mut PlanBuilder, handle: &str) -> Line {
        plan.ffi(handle, &self.symbol, &self.signature, &self.arguments)
    }

    /// Adds the call for the C host, if that can make it.
    pub(super) fn add_simple(&self, plan: &mut PlanBuilder, handle: &str) -> Option<Line> {
        let simple = self.simple.as_ref().ok()?;
        Some(simple.add(plan, handle, &self.symbol))
    }

    /// The result as C writes it, from the value of the event; `simple`: that of the C host.
    pub(super) fn show(&self, value: &Value, simple: bool) -> String {
        let same = simple.then(|| simple::result(&self.signature.result, value));
        show::show(&self.known, self.returns, same.as_ref().unwrap_or(value))
    }
}

fn read(words: &[String]) -> Result<Call, CallError> {
    let (text, given) = words.split_first().ok_or(CallError::Empty)?;
    let wrong = |why: String| CallError::Declaration { text: text.clone(), why };
    let mut known = Declarations::new();
    known.parse(&ended(text), Dialect::Api).map_err(|error| match &error.kind {
        // What the parser says is for those who write the function.
        ErrorKind::Variadic(_) => wrong(VARIADIC.to_owned()),
        _ => wrong(error.to_string()),
    })?;
    let function = match known.functions() {
        [function] => function.clone(),
        [] => {
            let example = "write the whole declaration, as in 'int add1(int, int)'";
            return Err(wrong(format!("it declares no function; {example}")));
        }
        all => {
            let names: Vec<_> = all.iter().map(|function| &*function.name).collect();
            let names = names.join(", ");
            return Err(wrong(format!("it declares {names}; name the one that is to be called")));
        }
    };
    let Type::Function(ty) = known.ty(function.ty).clone() else {
        return Err(wrong(format!("`{}` is no function", function.name)));
    };
    if ty.variadic {
        return Err(wrong(VARIADIC.to_owned()));
    }
    let name = function.name.clone();
    if given.len() != ty.params.len() {
        let declared = known.name(function.ty);
        let takes = ty.params.len();
        return Err(CallError::Count { name, takes, given: given.len(), declared });
    }
    let mut arguments = Vec::new();
    for (index, (param, text)) in ty.params.iter().zip(given).enumerate() {
        let value = argument(&known, *param, text).map_err(|why| CallError::Argument {
            name: name.clone(),
            number: index + 1,
            text: text.clone(),
            ty: known.name(*param),
            why,
        })?;
        arguments.push(value);
    }
    let result = lower::result(&known, ty.result)
        .map_err(|why| CallError::Result { name: name.clone(), why })?;
    let (types, arguments): (Vec<_>, Vec<_>) = arguments.into_iter().unzip();
    let signature = CSignature { result, arguments: types };
    // What a plan could not say is an error here, with its reason.
    let signature = CSignature::parse(&signature.to_string()).map_err(wrong)?;
    let simple = simple::simple(&signature, &arguments);
    let as_c = |(value, text): (&CValue, &String)| match value {
        CValue::Text(text) => format!("{:?}", text.to_string_lossy()),
        _ => text.trim().to_owned(),
    };
    let words: Vec<_> = arguments.iter().zip(given).map(as_c).collect();
    let written = format!("{name}({})", words.join(", "));
    Ok(Call {
        symbol: name,
        text: written,
        returns: ty.result,
        known,
        signature,
        arguments,
        simple,
    })
}

/// A declaration ends with a semicolon, which nobody writes on a command line.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with([';', '}']) { text.to_owned() } else { format!("{text};") }
}

/// An argument as it stands on a command line: a string needs no quotes there.
fn argument(known: &Declarations, ty: TypeId, text: &str) -> Result<lower::Typed, String> {
    let is_string =
        matches!(known.ty(ty), Type::Pointer(item) if lower::is_character(known, *item));
    let quoted = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    // Bytes may be numbers, where `char` is text whatever it begins with, JSON for example.
    let is_bytes =
        !matches!(known.ty(ty), Type::Pointer(item) if lower::is_plain_char(known, *item));
    let is_values = is_bytes && text.trim_start().starts_with(['{', '0']);
    if is_string && text != "NULL" && !quoted && !is_values {
        let text = Text::new(text).ok_or("a C string holds no NUL")?;
        return Ok((embedcheck_plan::CType::String, CValue::Text(text)));
    }
    lower::value(known, ty, &Tree::read(text)?)
}

#[cfg(test)]
mod tests;
