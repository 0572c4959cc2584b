//! C types at run time.

pub(crate) mod ctype;
pub(crate) mod ctype_object;
mod declared;
pub(crate) mod fields;

pub(crate) use ctype::{CType, Ct, Kind};
pub use declared::Types;
pub(crate) use fields::Field;
