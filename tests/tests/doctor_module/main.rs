//! `embedcheck doctor --module` on real interpreters: packages that do what they like, and the first two
//! stories that the project was started for, made of real wheels.

mod apart;
mod hostile;
mod seeds;
mod support;
mod wheels;
