//! Logs that people paste, and what the doctor makes of them.

mod bytes;
mod table;
mod texts;
