//! `share/…`: several DLLs in one process: one interpreter for all, one libpython image, modules of
//! the same name, and a second Python of another version.

mod image;
mod pair;
mod same_name;
mod second;

use self::pair::Question;
use super::checks;

checks! { false;
    "share/one-interpreter" "two DLLs see one interpreter: what one stores in `sys`, the other finds" Low
        |lab| pair::pairs(lab, Question::Marker);
    "share/monkey-patch" "a function of the standard library that one DLL replaces is replaced for the other" Low
        |lab| pair::pairs(lab, Question::Patch);
    "share/same-name-local" "two DLLs with the same module name, opened RTLD_LOCAL, both work" Low
        same_name::local;
    "share/same-name-global" "two DLLs with the same module name, opened RTLD_GLOBAL, both work" Low
        same_name::global;
    "share/one-image" "host, DLLs and global scope all find the same, only libpython image" Medium
        image::one_image;
    "share/second-libpython-local" "two DLLs of different Pythons, opened RTLD_LOCAL, run pure Python, each in its own" Low
        second::local;
    "share/second-libpython-global" "two DLLs of different Pythons, opened RTLD_GLOBAL, each run in their own" Low
        second::global;
    "share/second-libpython-namespace" "a DLL of another Python runs in a namespace of its own beside the first" Low
        second::namespace;
}
