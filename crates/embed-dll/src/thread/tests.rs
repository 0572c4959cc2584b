//! The promises of this module, kept on real interpreters.

mod attaching;
mod ending;
mod forking;
mod gate;
mod interpreters;
mod speed;

/// Runs a function of this file's children on each interpreter.
macro_rules! on_each_python {
    ($($(#[$meta:meta])* fn $name:ident($python:ident) $body:block)*) => {
        $(
            $(#[$meta])*
            #[test]
            fn $name() {
                fn body($python: &$crate::thread::testing::Python) $body
                let path = concat!(module_path!(), "::", stringify!($name));
                let path = path.split_once("::").unwrap().1;
                $crate::thread::testing::on_each(path, body, $crate::thread::testing::succeeded);
            }
        )*
    };
}
use on_each_python;
