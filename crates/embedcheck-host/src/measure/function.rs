//! The functions of the fixture `bench`, with arguments whose results are known.

use std::ffi::{CStr, c_char, c_double, c_int, c_uint};
use std::fmt::Debug;

use libloading::os::unix::Library;

use super::Error;

/// `point_t`.
#[repr(C)]
pub(super) struct Point {
    x: c_int,
    y: c_int,
}

type Int = unsafe extern "C" fn(c_int) -> c_int;
type Add = unsafe extern "C" fn(c_int, c_int) -> c_int;

/// A function that is called many times. The types are those of `python-fixtures/bench/api.h`.
#[derive(Clone, Copy)]
pub(super) enum Function {
    Add1(Add),
    Nop(unsafe extern "C" fn()),
    Scale(unsafe extern "C" fn(c_double) -> c_double),
    Len(unsafe extern "C" fn(*const c_char) -> c_int),
    Sum(unsafe extern "C" fn(*mut Point) -> c_int),
    Raises(Int),
    RoundTrip(Int),
    /// A loop in another library that calls `add1` through a linked symbol; `c-harness/bench/linked.c`.
    Linked(unsafe extern "C" fn(c_uint, c_uint, *mut c_int) -> c_int),
}

/// Argument of [`Function::Len`], which is given parts of it.
const TEXT: &CStr = c"a text of sixty-four characters, which has no others than ASCII.";

/// The other summand of [`Function::Add1`] and [`Function::Sum`].
const SUMMAND: c_int = 7000;

macro_rules! find {
    ($library:expr, $name:expr, $variant:ident) => {{
        // SAFETY: the type of the variant is that which the header declares for the name.
        Self::$variant(unsafe { *$library.get($name.as_bytes())? })
    }};
}

impl Function {
    /// The function that the DLL exports under that name.
    pub(super) fn find(library: &Library, name: &str) -> Result<Self, Error> {
        Ok(match name {
            "add1" => find!(library, name, Add1),
            "nop" => find!(library, name, Nop),
            "scale" => find!(library, name, Scale),
            "len" => find!(library, name, Len),
            "sum" => find!(library, name, Sum),
            "raises" => find!(library, name, Raises),
            "round_trip" => find!(library, name, RoundTrip),
            other => return Err(format!("there is no function {other} to measure").into()),
        })
    }

    /// The loop of a library that is linked to the DLL.
    pub(super) fn find_linked(library: &Library) -> Result<Self, Error> {
        Ok(find!(library, "linked_add1", Linked))
    }

    /// Calls number `first` to `first + count`, each with a result of its own where there is one that
    /// is not small: CPython keeps objects of the small numbers.
    ///
    /// Every result is checked. `nop` has none.
    #[inline]
    pub(super) fn calls(&self, first: u32, count: u32) -> Result<(), Wrong> {
        let each = Each { first, count };
        match *self {
            // SAFETY: the type of the function.
            Self::Add1(add1) => each.is("add1", |x| unsafe { add1(x, SUMMAND) }, |x| x + SUMMAND),
            // SAFETY: the type of the function.
            Self::Nop(nop) => each.is("nop", |_| unsafe { nop() }, |_| ()),
            Self::Scale(scale) => {
                let number = |x| f64::from(x) + 0.5;
                // SAFETY: the type of the function.
                each.is("scale", |x| unsafe { scale(number(x)) }, |x| number(x) * 2.0)
            }
            Self::Len(len) => {
                let skipped = |x: c_int| (x & 31) as usize;
                let text = |x| &TEXT.to_bytes_with_nul()[skipped(x)..];
                // SAFETY: the rest of a text that ends with a NUL.
                let call = |x| unsafe { len(text(x).as_ptr().cast()) };
                each.is("len", call, |x| (TEXT.count_bytes() - skipped(x)) as c_int)
            }
            Self::Sum(sum) => {
                let call = |x| {
                    let mut point = Point { x, y: SUMMAND };
                    // SAFETY: a point that outlives the call.
                    unsafe { sum(&raw mut point) }
                };
                each.is("sum", call, |x| x + SUMMAND)
            }
            // SAFETY: the type of the function.
            Self::Raises(raises) => each.is("raises", |x| unsafe { raises(x) }, |_| -1),
            // SAFETY: the type of the function.
            Self::RoundTrip(trip) => each.is("round_trip", |x| unsafe { trip(x) }, |x| x + 1),
            Self::Linked(linked) => {
                let mut wrong = [0; 2];
                // SAFETY: the type of the function, which writes two numbers at most.
                match unsafe { linked(first, count, wrong.as_mut_ptr()) } {
                    0 => Ok(()),
                    _ => Err(Wrong::new("add1", wrong[0], &wrong[1])),
                }
            }
        }
    }
}

/// Numbers of calls.
struct Each {
    first: u32,
    count: u32,
}

impl Each {
    #[inline]
    fn is<T: PartialEq + Debug>(
        self,
        name: &'static str,
        call: impl Fn(c_int) -> T,
        expected: impl Fn(c_int) -> T,
    ) -> Result<(), Wrong> {
        for number in self.first..self.first + self.count {
            let x = 1000 + (number & 0xfff) as c_int;
            let result = call(x);
            if result != expected(x) {
                return Err(Wrong::new(name, x, &result));
            }
        }
        Ok(())
    }
}

/// A call that did not return what it should.
#[derive(Debug, thiserror::Error)]
#[error("{function}() returned {result} when it was called for {x}")]
pub(super) struct Wrong {
    function: &'static str,
    x: c_int,
    result: String,
}

impl Wrong {
    #[cold]
    fn new(function: &'static str, x: c_int, result: &dyn Debug) -> Self {
        Self { function, x, result: format!("{result:?}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn add(x: c_int, y: c_int) -> c_int {
        x + y
    }

    unsafe extern "C" fn nothing(_x: c_int) -> c_int {
        0
    }

    unsafe extern "C" fn length(text: *const c_char) -> c_int {
        // SAFETY: a text that ends with a NUL.
        unsafe { CStr::from_ptr(text) }.count_bytes() as c_int
    }

    #[test]
    fn results_are_checked() {
        Function::Add1(add).calls(0, 5000).unwrap();
        Function::Len(length).calls(0, 100).unwrap();
        for function in [Function::Raises(nothing), Function::RoundTrip(nothing)] {
            let wrong = function.calls(7, 1).unwrap_err().to_string();
            assert!(wrong.ends_with("() returned 0 when it was called for 1007"), "{wrong}");
        }
    }
}
