//! Calls of C functions whose type is known only from the plan.

use std::ffi::c_void;
use std::ptr::NonNull;

use embedcheck_plan::{Argument, Callee, Kind, Signature};
use serde_json::Value;

use crate::buffers::double;
use crate::events::Outcome;
use crate::state::Host;
use crate::{library, sys};

// One function type serves every signature because the two conventions pass the two classes of
// arguments independently: the first six integers and pointers go to rdi, rsi, rdx, rcx, r8, r9
// (System V AMD64 psABI, 3.2.3) or x0 to x5 (AAPCS64, 6.8.2), the first six doubles to xmm0 to xmm5
// or v0 to v5, whatever their order in the C prototype, and a callee ignores registers that it has
// no argument for. Integers are passed sign-extended to 64 bits.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!("calls are written for the System V AMD64 and AAPCS64 calling conventions");

type Returns<R> =
    unsafe extern "C-unwind" fn(i64, i64, i64, i64, i64, i64, f64, f64, f64, f64, f64, f64) -> R;

/// Arguments by class, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Registers {
    pub(crate) integers: [i64; 6],
    pub(crate) doubles: [f64; 6],
}

impl Registers {
    /// Only integers and pointers.
    pub(crate) fn integers<const N: usize>(values: [i64; N]) -> Self {
        let mut integers = [0; 6];
        integers[..N].copy_from_slice(&values);
        Self { integers, doubles: [0.0; 6] }
    }
}

/// Code of a DLL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Function(NonNull<c_void>);

// SAFETY: an address of code, which any thread may call.
unsafe impl Send for Function {}
// SAFETY: as above; it is immutable.
unsafe impl Sync for Function {}

impl Function {
    pub(crate) fn new(address: NonNull<c_void>) -> Self {
        Self(address)
    }

    /// Where its code is.
    pub(crate) fn address(self) -> *mut c_void {
        self.0.as_ptr()
    }

    /// Calls it for an integer or pointer result; of `int` the lower half is meaningful, of `void`
    /// nothing.
    pub(crate) fn integer(self, r: &Registers) -> i64 {
        // SAFETY: all function pointers have one representation on Linux, and the comment above says
        // why this type fits any function with these arguments.
        let function: Returns<i64> = unsafe { std::mem::transmute(self.0) };
        let ([a, b, c, d, e, f], [u, v, w, x, y, z]) = (r.integers, r.doubles);
        // SAFETY: the plan vouches for the type of the function. What it does is what the run is to
        // find out: the process exists for this call, and a crash is a result.
        unsafe { function(a, b, c, d, e, f, u, v, w, x, y, z) }
    }

    /// Calls it for a `double` result.
    fn double(self, r: &Registers) -> f64 {
        // SAFETY: as in `integer`; the result comes in xmm0 or v0 instead of rax or x0.
        let function: Returns<f64> = unsafe { std::mem::transmute(self.0) };
        let ([a, b, c, d, e, f], [u, v, w, x, y, z]) = (r.integers, r.doubles);
        // SAFETY: as in `integer`.
        unsafe { function(a, b, c, d, e, f, u, v, w, x, y, z) }
    }
}

/// `call HANDLE SYMBOL SIGNATURE ARG… [errno=N]`.
pub(crate) fn call(
    host: &Host,
    callee: &Callee,
    signature: &Signature,
    arguments: &[Argument],
    errno: Option<i32>,
) -> Outcome {
    let (function, registers) = match prepare(host, callee, signature, arguments) {
        Ok(prepared) => prepared,
        Err(error) => return Outcome::refused(error),
    };
    // From here to the end of the call this frame owns nothing; see the crate's documentation.
    sys::set_errno(errno.unwrap_or_default());
    if signature.result == Kind::Double {
        let value = function.double(&registers);
        let errno = sys::errno();
        return Outcome::done_with(double(value), errno);
    }
    let value = function.integer(&registers);
    let errno = sys::errno();
    // SAFETY: the plan vouches for the type of the result. A DLL that returns something else as a string crashes the
    // host here, as it would crash a C program.
    let value = unsafe { integer_result(signature.result, value) };
    Outcome::done_with(value, errno)
}

fn prepare(
    host: &Host,
    callee: &Callee,
    signature: &Signature,
    arguments: &[Argument],
) -> Result<(Function, Registers), String> {
    let mut registers = Registers::default();
    let (mut integers, mut doubles) = (0, 0);
    for (kind, argument) in signature.arguments.iter().zip(arguments) {
        if *kind == Kind::Double {
            registers.doubles[doubles] = match argument {
                Argument::Double(value) => *value,
                _ => 0.0,
            };
            doubles += 1;
        } else {
            registers.integers[integers] = word(host, argument)?;
            integers += 1;
        }
    }
    let function = library::function(host.handle(&callee.handle)?, &callee.symbol)?;
    Ok((function, registers))
}

/// What goes into an integer register.
fn word(host: &Host, argument: &Argument) -> Result<i64, String> {
    match argument {
        Argument::Integer(value) => Ok(*value),
        Argument::Null | Argument::Double(_) => Ok(0),
        Argument::Text(text) => Ok(address(host.keep(text.as_bytes())?)),
        Argument::Buffer(name) => Ok(address(host.buffer(name)?.address)),
    }
}

/// An address as an argument.
pub(crate) fn address<T>(pointer: *const T) -> i64 {
    // The other side turns it back into a pointer.
    pointer.expose_provenance().cast_signed() as i64
}

/// The value of a register for an event.
///
/// # Safety
///
/// Where the type is [`Kind::String`], the value is null or the address of a C string.
unsafe fn integer_result(kind: Kind, value: i64) -> Value {
    match kind {
        Kind::Void | Kind::Double => Value::Null,
        Kind::Int => (value as i32).into(),
        Kind::Long => value.into(),
        Kind::Pointer if value == 0 => Value::Null,
        Kind::Pointer => format!("{value:#x}").into(),
        Kind::String => {
            let pointer = std::ptr::with_exposed_provenance(value as usize);
            // SAFETY: the caller's promise.
            unsafe { sys::text_at(pointer) }.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn mixed(a: i32, x: f64, b: i64, y: f64, c: i32, z: f64) -> f64 {
        f64::from(a) + x * 10.0 + b as f64 * 100.0 + y * 1e3 + f64::from(c) * 1e4 + z * 1e5
    }

    extern "C" fn six(a: i32, b: i64, c: i32, d: i64, e: i32, f: i64) -> i64 {
        i64::from(a) + b * 10 + i64::from(c) * 100 + d * 1_000 + i64::from(e) * 10_000 + f * 100_000
    }

    fn function(code: *const ()) -> Function {
        Function::new(NonNull::new(code.cast_mut().cast()).expect("functions have addresses"))
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri knows no registers, and refuses a call with other types")]
    fn classes_of_arguments_are_independent() {
        let registers =
            Registers { integers: [1, 3, 5, 0, 0, 0], doubles: [2.0, 4.0, 6.0, 0.0, 0.0, 0.0] };
        assert_eq!(function(mixed as *const ()).double(&registers), 654_321.0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri knows no registers, and refuses a call with other types")]
    fn integers_are_sign_extended() {
        let registers = Registers::integers([-1, -2, -3, -4, -5, -6]);
        assert_eq!(function(six as *const ()).integer(&registers), -654_321);
    }

    #[test]
    fn results_are_read_by_their_type() {
        // SAFETY: the strings below are null or literals.
        let result = |kind, value| unsafe { integer_result(kind, value) };
        assert_eq!(result(Kind::Int, 0xffff_ffff), Value::from(-1));
        assert_eq!(result(Kind::Long, i64::MIN), Value::from(i64::MIN));
        assert_eq!(result(Kind::Pointer, -1), Value::from("0xffffffffffffffff"));
        assert_eq!(result(Kind::Pointer, 0), Value::Null);
        assert_eq!(result(Kind::String, 0), Value::Null);
        assert_eq!(result(Kind::String, address(c"caf\xe9".as_ptr())), "caf\u{fffd}");
        assert_eq!(result(Kind::Void, 7), Value::Null);
    }
}
