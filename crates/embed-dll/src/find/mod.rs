//! Finding a libpython.
