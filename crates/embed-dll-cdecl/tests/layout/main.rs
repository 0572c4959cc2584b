//! Layouts against a real C compiler: the same random definitions go to both.

mod generate;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Command;

use embed_dll_cdecl::{Declarations, Dialect, RecordId, Type};
use generate::{Definition, ENUMS, Random};

/// Definitions in one run of the compiler.
const COUNT: usize = 300;

#[test]
#[expect(clippy::disallowed_methods, reason = "one variable forbids skips")]
fn layouts_are_those_of_the_c_compiler() {
    let definitions = generate::definitions(&mut Random::new(7), COUNT);
    let mut text = ENUMS.to_owned();
    text.extend(definitions.iter().map(|definition| definition.text.as_str()));
    let Some(compiled) = measured_by_cc(&text, &definitions) else {
        let required = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but no C compiler `cc` was found");
        // Not `eprintln!`, which is swallowed for a test that passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no C compiler `cc` was found");
        return;
    };
    let mut declarations = Declarations::new();
    declarations.parse(&text, Dialect::Cdef).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let computed = measured_by_us(&mut declarations, &definitions);
    assert!(computed.len() > 5 * COUNT, "only {} facts", computed.len());
    for definition in &definitions {
        let of = |facts: &BTreeMap<String, String>| -> Vec<_> {
            let own = |(name, _): &(&String, &String)| {
                name.split('.').next() == Some(definition.name.as_str())
            };
            facts.iter().filter(own).map(|(name, fact)| format!("{name}: {fact}")).collect()
        };
        assert_eq!(of(&computed), of(&compiled), "left: ours\n{}", definition.text);
    }
}

/// `struct s1` → size and alignment, `struct s1.f2` → offset, or its bytes with all bits set.
fn measured_by_us(
    declarations: &mut Declarations,
    definitions: &[Definition],
) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for definition in definitions {
        let id = declarations.parse_type(&definition.name).unwrap();
        let Type::Record(record) = *declarations.ty(id) else { panic!("{}", definition.name) };
        let layout = declarations.record(record).layout.unwrap();
        let name = &definition.name;
        facts.insert(name.clone(), format!("{} {}", layout.size, layout.align));
        for leaf in &definition.leaves {
            let fact = leaf_fact(declarations, record, &leaf.name, layout.size);
            facts.insert(format!("{name}.{}", leaf.name), fact);
        }
    }
    facts
}

fn leaf_fact(declarations: &Declarations, record: RecordId, leaf: &str, size: u64) -> String {
    let path = declarations.field(record, leaf).unwrap();
    let Some((shift, width)) = path.bits else { return path.offset.to_string() };
    let mut bytes = vec![0_u8; usize::try_from(size).unwrap()];
    // Bits are numbered from the lowest address on a little-endian machine.
    let start = usize::try_from(path.offset).unwrap() * 8 + usize::from(shift);
    let unit = declarations.size_of(path.ty).unwrap();
    assert!(u64::from(shift) + u64::from(width) <= unit * 8, "{leaf} leaves its unit");
    for bit in start..start + usize::from(width) {
        bytes[bit / 8] |= 1 << (bit % 8);
    }
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The same facts from a compiled program; `None` without a compiler.
fn measured_by_cc(text: &str, definitions: &[Definition]) -> Option<BTreeMap<String, String>> {
    let mut program = format!(
        "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n\
         #include <string.h>\n#include <sys/types.h>\n#include <wchar.h>\n{text}\n\
         static void show(const char *name, const void *bytes, size_t size)\n\
         {{\n  printf(\"%s: \", name);\n  for (size_t i = 0; i < size; i++)\n    \
         printf(\"%02x\", ((const unsigned char *)bytes)[i]);\n  printf(\"\\n\");\n}}\n\
         int main(void)\n{{\n"
    );
    for definition in definitions {
        let name = &definition.name;
        writeln!(program, "  printf(\"{name}: %zu %zu\\n\", sizeof({name}), _Alignof({name}));")
            .unwrap();
        for leaf in &definition.leaves {
            let field = &leaf.name;
            if leaf.bits {
                writeln!(
                    program,
                    "  {{ {name} x; memset(&x, 0, sizeof x); x.{field}--; \
                     if (x.{field} == 0) x.{field} = 1; show(\"{name}.{field}\", &x, sizeof x); }}"
                )
            } else {
                writeln!(
                    program,
                    "  printf(\"{name}.{field}: %zu\\n\", offsetof({name}, {field}));"
                )
            }
            .unwrap();
        }
    }
    program.push_str("  return 0;\n}\n");
    let folder = tempfile::tempdir().unwrap();
    let (source, executable) = (folder.path().join("layout.c"), folder.path().join("layout"));
    fs::write(&source, &program).unwrap();
    let built =
        Command::new("cc").args(["-std=gnu11", "-o"]).arg(&executable).arg(&source).output();
    let built = match built {
        Ok(built) => built,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => panic!("cc: {error}"),
    };
    let errors = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success(), "cc refused what we generated:\n{errors}");
    let ran = Command::new(&executable).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let output = String::from_utf8(ran.stdout).unwrap();
    let facts = output.lines().filter_map(|line| line.split_once(": "));
    Some(facts.map(|(name, fact)| (name.to_owned(), fact.to_owned())).collect())
}
