//! `ffi`: calls of C functions of any type, through libffi.
//!
//! libffi is inside of the host, and nothing of it is exported: a DLL that brings its own libffi does
//! not meet this one.

mod memory;

use std::ffi::c_void;

use embedcheck_plan::{CInteger, CSignature, CType, CValue, Callee};
use libffi::middle::{Cif, Type};
use libffi::raw;
use serde_json::Value;

use crate::call::Function;
use crate::events::Outcome;
use crate::state::Host;
use crate::{library, sys};

/// `ffi HANDLE SYMBOL SIGNATURE VALUE…`.
pub(crate) fn call(
    host: &Host,
    callee: &Callee,
    signature: &'static CSignature,
    arguments: &[CValue],
) -> Outcome {
    let prepared = match prepare(host, callee, signature, arguments) {
        Ok(prepared) => prepared,
        Err(error) => return Outcome::refused(error),
    };
    // From here to the end of the call this frame owns nothing; see the crate's documentation.
    sys::set_errno(0);
    prepared.call();
    let errno = sys::errno();
    // SAFETY: the function has come back, so that a value of its result type lies there.
    let value = unsafe { memory::read(&signature.result, prepared.result) };
    Outcome::done_with(value, errno)
}

/// A call that is ready to be made; everything that it points to lives as long as the process.
#[derive(Clone, Copy)]
struct Prepared {
    function: Function,
    interface: &'static Cif,
    /// Room for the result.
    result: *mut u8,
    /// Address of each argument.
    arguments: *mut *mut c_void,
}

fn prepare(
    host: &Host,
    callee: &Callee,
    signature: &CSignature,
    arguments: &[CValue],
) -> Result<Prepared, String> {
    let mut places = Vec::with_capacity(arguments.len());
    for (kind, value) in signature.arguments.iter().zip(arguments) {
        places.push(memory::make(host, kind, value)?.cast::<c_void>());
    }
    let kinds = signature.arguments.iter().map(foreign_type);
    let interface = Cif::try_new(kinds, foreign_type(&signature.result))
        .map_err(|error| format!("libffi cannot call {signature}: {error:?}"))?;
    let function = library::function(host.handle(&callee.handle)?, &callee.symbol)?;
    Ok(Prepared {
        function,
        interface: Box::leak(Box::new(interface)),
        result: memory::room_for_result(&signature.result)?,
        arguments: Box::leak(places.into_boxed_slice()).as_mut_ptr(),
    })
}

/// `ffi_call`, as the libffi crate declares it.
type Declared = unsafe extern "C" fn(
    *mut raw::ffi_cif,
    Option<unsafe extern "C" fn()>,
    *mut c_void,
    *mut *mut c_void,
);

/// `ffi_call`, through which a DLL may unwind (`pthread_exit`): it is assembly with unwind tables.
type Unwinding =
    unsafe extern "C-unwind" fn(*mut raw::ffi_cif, *mut c_void, *mut c_void, *mut *mut c_void);

impl Prepared {
    fn call(self) {
        // SAFETY: the types differ in that the second lets an exception through, and in the type of the
        // function's address, which is that of any pointer on Linux.
        let ffi_call = unsafe { std::mem::transmute::<Declared, Unwinding>(raw::ffi_call) };
        let (interface, function) = (self.interface.as_raw_ptr(), self.function.address());
        // SAFETY: the interface was made by libffi and is never freed; there is a place for each of its
        // arguments, which holds a value of its type, and one for its result. The plan vouches for the
        // type of the function, and what it does is what the run is to find out.
        unsafe { ffi_call(interface, function, self.result.cast(), self.arguments) }
    }
}

/// The type as libffi knows it. It has no arrays: in a structure, as many fields lie and are passed
/// alike (libffi manual, Arrays, Unions, Enumerations).
fn foreign_type(kind: &CType) -> Type {
    match kind {
        CType::Void => Type::void(),
        CType::Bool => Type::u8(),
        CType::Integer(CInteger { size, signed }) => match (size, signed) {
            (1, true) => Type::i8(),
            (1, false) => Type::u8(),
            (2, true) => Type::i16(),
            (2, false) => Type::u16(),
            (4, true) => Type::i32(),
            (4, false) => Type::u32(),
            (_, true) => Type::i64(),
            (_, false) => Type::u64(),
        },
        CType::Float => Type::f32(),
        CType::Double => Type::f64(),
        CType::LongDouble => Type::longdouble(),
        CType::Pointer | CType::String | CType::To(_) => Type::pointer(),
        CType::Struct(fields) => Type::structure(fields.iter().map(foreign_type)),
        CType::Array(count, item) => Type::structure((0..*count).map(|_| foreign_type(item))),
    }
}

/// A pointer or number in an event.
fn address(value: u64) -> Value {
    if value == 0 { Value::Null } else { format!("{value:#x}").into() }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;

    /// Memory is laid out as libffi passes it.
    #[test]
    fn layouts_are_those_of_libffi() {
        for text in [
            "{i8,i32}",
            "{i8,i16,i8,i64,f32,f64}",
            "{f80,i8}",
            "{i8,f80}",
            "{[3]i8,i16}",
            "{i8,{i8,f64},[2]{i16,i8}}",
            "{bool,ptr,str,*i8,u8}",
        ] {
            let signature = CSignature::parse(&format!("void({text})")).expect("a signature");
            let [CType::Struct(fields)] = &signature.arguments[..] else { panic!("{text}") };
            let mut theirs = foreign_type(&signature.arguments[0]);
            let theirs = theirs.struct_offsets(raw::ffi_abi_FFI_DEFAULT_ABI).expect("offsets");
            let ours: Vec<_> = CType::offsets(fields).collect();
            assert_eq!(ours, theirs, "{text}");
        }
    }
}
