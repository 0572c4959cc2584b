//! The processor an ELF file is for.

use std::fmt;

use object::elf;

/// The `e_machine` value of an ELF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Machine(
    /// The number in the ELF header, see `EM_*` in `<elf.h>`.
    pub u16,
);

/// Machine number, 64-bit, little-endian of the processor this program was compiled for; `None` on a
/// processor that CPython's own tier list does not know.
const HERE: Option<(Machine, bool, bool)> = {
    let is_64 = cfg!(target_pointer_width = "64");
    let little = cfg!(target_endian = "little");
    let machine = if cfg!(target_arch = "x86_64") {
        Some(elf::EM_X86_64.0)
    } else if cfg!(target_arch = "x86") {
        Some(elf::EM_386.0)
    } else if cfg!(target_arch = "aarch64") {
        Some(elf::EM_AARCH64.0)
    } else if cfg!(target_arch = "arm") {
        Some(elf::EM_ARM.0)
    } else if cfg!(target_arch = "powerpc64") {
        Some(elf::EM_PPC64.0)
    } else if cfg!(target_arch = "s390x") {
        Some(elf::EM_S390.0)
    } else if cfg!(any(target_arch = "riscv64", target_arch = "riscv32")) {
        Some(elf::EM_RISCV.0)
    } else if cfg!(target_arch = "loongarch64") {
        Some(elf::EM_LOONGARCH.0)
    } else {
        None
    };
    match machine {
        Some(number) => Some((Machine(number), is_64, little)),
        None => None,
    }
};

impl Machine {
    /// The name in the manner of `uname -m`, for the machines a Python is built for.
    pub fn name(self) -> Option<&'static str> {
        Some(match elf::Machine(self.0) {
            elf::EM_386 => "x86",
            elf::EM_X86_64 => "x86-64",
            elf::EM_ARM => "arm",
            elf::EM_AARCH64 => "aarch64",
            elf::EM_PPC => "ppc",
            elf::EM_PPC64 => "ppc64",
            elf::EM_S390 => "s390",
            elf::EM_RISCV => "riscv",
            elf::EM_LOONGARCH => "loongarch",
            elf::EM_MIPS => "mips",
            elf::EM_SPARC => "sparc",
            elf::EM_SPARCV9 => "sparc64",
            elf::EM_IA_64 => "ia64",
            elf::EM_ALPHA => "alpha",
            elf::EM_68K => "m68k",
            elf::EM_PARISC => "hppa",
            elf::EM_SH => "sh",
            _ => return None,
        })
    }

    /// Whether a file without `PT_GNU_STACK` gets executable stacks, as far as that is known:
    /// `DEFAULT_STACK_PERMS` in glibc's sysdeps/x86/stackinfo.h.
    pub(super) fn has_executable_stacks(self) -> bool {
        matches!(elf::Machine(self.0), elf::EM_386 | elf::EM_X86_64)
    }

    /// Whether a file with these header values can be loaded by a process of this program's kind.
    pub(super) fn is_here(self, is_64: bool, little_endian: bool) -> bool {
        HERE == Some((self, is_64, little_endian))
    }

    /// The ABI as a reader names it: machine, word size where the machine has two, byte order where
    /// it is the unusual one.
    pub(super) fn describe(self, is_64: bool, little_endian: bool) -> String {
        let mut text = self.to_string();
        match (elf::Machine(self.0), is_64) {
            (elf::EM_X86_64 | elf::EM_AARCH64, false) => text.push_str(" with 32-bit pointers"),
            (elf::EM_RISCV, true) => text.push_str("64"),
            (elf::EM_RISCV, false) => text.push_str("32"),
            _ => {}
        }
        let usually_big =
            matches!(elf::Machine(self.0), elf::EM_S390 | elf::EM_SPARC | elf::EM_SPARCV9);
        let unusual = little_endian == usually_big && elf::Machine(self.0) != elf::EM_PPC64;
        match (unusual, little_endian, elf::Machine(self.0) == elf::EM_PPC64) {
            (_, true, true) => text.push_str("le"),
            (true, true, _) => text.push_str(", little-endian"),
            (true, false, _) => text.push_str(", big-endian"),
            _ => {}
        }
        text
    }

    /// [`Machine::describe`] of this program itself.
    pub(super) fn describe_here() -> String {
        HERE.map_or_else(
            || std::env::consts::ARCH.to_owned(),
            |(machine, is_64, little)| machine.describe(is_64, little),
        )
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "machine number {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_word_size_and_byte_order_apart() {
        let x86_64 = Machine(elf::EM_X86_64.0);
        assert_eq!(x86_64.describe(true, true), "x86-64");
        assert_eq!(x86_64.describe(false, true), "x86-64 with 32-bit pointers");
        assert_eq!(Machine(elf::EM_PPC64.0).describe(true, true), "ppc64le");
        assert_eq!(Machine(elf::EM_PPC64.0).describe(true, false), "ppc64");
        assert_eq!(Machine(elf::EM_S390.0).describe(true, false), "s390");
        assert_eq!(Machine(elf::EM_AARCH64.0).describe(true, false), "aarch64, big-endian");
        assert_eq!(Machine(0xfeed).describe(true, true), "machine number 65261");
    }
}
