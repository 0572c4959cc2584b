//! Who made a DLL, from what their tools leave in every file.

use std::collections::BTreeSet;

use regex::bytes::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dll::quote;
use crate::elf::Elf;

/// Who made a DLL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProducerFacts {
    /// The tool.
    pub kind: ProducerKind,
    /// Its version, where the file tells it; for pybind11 the ABI id, which is what has to agree among modules.
    pub version: Option<String>,
    /// What in the file shows it.
    pub evidence: Vec<String>,
}

/// The tools that leave marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProducerKind {
    /// CFFI: `embedding_api` or an API-mode extension module.
    Cffi,
    /// The Rust crate embed-dll.
    EmbedDll,
    /// The Rust crate PyO3.
    Pyo3,
    /// pybind11.
    Pybind11,
    /// nanobind.
    Nanobind,
    /// Cython.
    Cython,
    /// SWIG.
    Swig,
    /// Nobody's tool: the C API is called by hand.
    HandWritten,
    /// It has nothing of Python in it that is known.
    Unknown,
}

impl ProducerKind {
    /// The name in reports.
    pub(in crate::doctor::dll) fn name(self) -> &'static str {
        match self {
            Self::Cffi => "CFFI",
            Self::EmbedDll => "embed-dll",
            Self::Pyo3 => "PyO3",
            Self::Pybind11 => "pybind11",
            Self::Nanobind => "nanobind",
            Self::Cython => "Cython",
            Self::Swig => "SWIG",
            Self::HandWritten => "hand-written C or C++",
            Self::Unknown => "unknown",
        }
    }

    fn is_rust(self) -> bool {
        matches!(self, Self::Pyo3 | Self::EmbedDll)
    }

    /// How a linker option is given with this tool, as a sentence.
    pub(in crate::doctor::dll) fn link_with(self, option: &str) -> String {
        match self {
            Self::Cffi => format!(
                "When building it anew: ffibuilder.set_source(..., extra_link_args=['{}']), in Python, \
                 where no shell touches a `$`.",
                option.replace('\\', r"\\").replace('\'', r"\'")
            ),
            kind if kind.is_rust() => {
                let text = option.escape_debug().to_string().replace('{', "{{").replace('}', "}}");
                format!(
                    "When building it anew: println!(\"cargo:rustc-link-arg={text}\") in build.rs."
                )
            }
            _ => format!(
                "When linking it anew: {}, quoted like this for a shell.",
                quote(option.as_ref())
            ),
        }
    }

    /// How it is told to name a libpython, as a sentence.
    pub(in crate::doctor::dll) fn name_libpython(self) -> &'static str {
        match self {
            Self::Cffi => {
                "Build it with ffibuilder.compile(), which names the libpython of the Python that runs it; \
                 by hand, with the flags of `python3-config --embed --ldflags`."
            }
            Self::Pyo3 => {
                "Build it without PyO3's feature `extension-module`, which is there to name no libpython, \
                 and with `auto-initialize`."
            }
            _ => {
                "Link it with the flags of `python3-config --embed --ldflags` or `pkg-config --libs \
                 python3-embed`; without --embed they hold no -lpython since CPython 3.8."
            }
        }
    }
}

/// What the bytes of a file say besides its ELF tables.
#[derive(Clone, Debug, Default)]
pub(in crate::doctor::dll) struct Texts {
    cffi_embedding: Option<String>,
    /// The full name of the module that CFFI's init code belongs to.
    pub(super) cffi_module: Option<String>,
    cffi_module_call: bool,
    pyo3: Option<String>,
    pyo3_mark: bool,
    embed_dll: Option<String>,
    pybind11: Option<String>,
    nanobind: Option<String>,
    cython: Option<String>,
    cython_mark: bool,
    swig: Option<String>,
    /// What only an interpreter has inside.
    pub(in crate::doctor::dll) has_interpreter: bool,
    /// The only version of Python that stands in the file as a text of its own.
    pub(in crate::doctor::dll) python_version: Option<String>,
}

/// The first text that names the file of a libpython.
pub(in crate::doctor::dll) fn libpython_in(bytes: &[u8]) -> Option<String> {
    find(bytes, r"((?:/[!-~]{0,1000}/)?libpython[0-9][0-9A-Za-z.]{0,20}\.so(?:\.[0-9]{1,4}){0,3})")
}

impl Texts {
    pub(in crate::doctor::dll) fn of(bytes: &[u8]) -> Self {
        let has = |text: &str| find(bytes, &regex::escape(text)).is_some();
        let cython = r"_cython_([0-9]+(?:_[0-9]+)+[0-9a-z]*)";
        Self {
            cffi_embedding: find(bytes, r"compiled with cffi version: ([0-9][0-9A-Za-z.+]{0,30})"),
            cffi_module: find(bytes, r"<init code for '([^'\x00-\x1f]{1,200})'>"),
            cffi_module_call: has("_init_cffi_1_0_external_module"),
            pyo3: find(bytes, r"/pyo3-([0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]{0,30})/src/"),
            pyo3_mark: has("pyo3_runtime.PanicException"),
            embed_dll: find(bytes, r"/embed-dll-([0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]{0,30})/src/"),
            pybind11: find(bytes, r"__pybind11_internals_(v[0-9A-Za-z_]{1,100}?)__"),
            nanobind: find(bytes, r"__nb_internals_(v[0-9A-Za-z_]{1,100}?)__"),
            cython: find(bytes, cython).map(|version| version.replace('_', ".")),
            cython_mark: has("cython_runtime"),
            swig: find(bytes, r"swig_runtime_data([0-9]{1,3})"),
            has_interpreter: INTERPRETER.iter().all(|text| has(text)),
            python_version: python_version(bytes),
        }
    }
}

/// Texts that every CPython since 2.7 has in its code, and that nothing else has all of.
const INTERPRETER: [&str; 4] = [
    "Fatal Python error: ",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "maximum recursion depth exceeded",
];

/// `PY_VERSION` stands alone; something else that looks like it makes it doubtful.
fn python_version(bytes: &[u8]) -> Option<String> {
    let pattern = r"(?-u)\x00([23]\.[0-9]{1,2}\.[0-9]{1,3}(?:(?:a|b|rc)[0-9]{1,2})?)\+?\x00";
    let regex = Regex::new(pattern).ok()?;
    let found = regex.captures_iter(bytes).filter_map(|captures| captures.get(1));
    let versions: BTreeSet<_> = found.map(|text| text.as_bytes()).collect();
    let only = versions.first().filter(|_| versions.len() == 1)?;
    Some(String::from_utf8_lossy(only).into_owned())
}

/// The first group, or the whole match, of a fixed pattern.
fn find(bytes: &[u8], pattern: &str) -> Option<String> {
    let regex = Regex::new(&format!("(?-u){pattern}")).ok()?;
    let captures = regex.captures(bytes)?;
    let text = captures.get(1).or_else(|| captures.get(0))?;
    Some(String::from_utf8_lossy(text.as_bytes()).into_owned())
}

/// The first tool whose marks are there, those first that a DLL of another tool cannot have by chance.
pub(super) fn producer(elf: &Elf, texts: &Texts) -> ProducerFacts {
    let made = |kind, version: &Option<String>, evidence: String| ProducerFacts {
        kind,
        version: version.clone(),
        evidence: vec![evidence],
    };
    if elf.note_owners.iter().any(|owner| owner == "embed-dll") {
        let evidence = "an ELF note of embed-dll".to_owned();
        return made(ProducerKind::EmbedDll, &texts.embed_dll, evidence);
    }
    if let Some(version) = &texts.cffi_embedding {
        let evidence = format!("the text `compiled with cffi version: {version}`");
        return made(ProducerKind::Cffi, &texts.cffi_embedding, evidence);
    }
    if let Some(version) = &texts.pyo3 {
        let evidence = format!("source paths of pyo3-{version} in its panic messages");
        return made(ProducerKind::Pyo3, &texts.pyo3, evidence);
    }
    if texts.pyo3_mark {
        return made(
            ProducerKind::Pyo3,
            &None,
            "the text `pyo3_runtime.PanicException`".to_owned(),
        );
    }
    if let Some(id) = &texts.pybind11 {
        let evidence = format!("the text `__pybind11_internals_{id}__`");
        return made(ProducerKind::Pybind11, &texts.pybind11, evidence);
    }
    if let Some(id) = &texts.nanobind {
        let evidence = format!("the text `__nb_internals_{id}__`");
        return made(ProducerKind::Nanobind, &texts.nanobind, evidence);
    }
    if texts.cython_mark {
        return made(ProducerKind::Cython, &texts.cython, "the text `cython_runtime`".to_owned());
    }
    if let Some(data) = &texts.swig {
        let evidence = format!("the text `swig_runtime_data{data}`");
        return made(ProducerKind::Swig, &None, evidence);
    }
    if texts.cffi_module_call {
        let evidence = "the text `_init_cffi_1_0_external_module`".to_owned();
        return made(ProducerKind::Cffi, &None, evidence);
    }
    if elf.undefined.iter().any(|symbol| symbol.name == super::PYPY_INIT) {
        return made(ProducerKind::Cffi, &None, format!("calls {}", super::PYPY_INIT));
    }
    let mut calls = elf.undefined.iter().filter(|symbol| super::is_c_api(&symbol.name));
    match calls.next() {
        Some(first) => {
            let evidence = format!("calls such as {}, and no mark of a tool", first.name);
            made(ProducerKind::HandWritten, &None, evidence)
        }
        None => ProducerFacts { kind: ProducerKind::Unknown, version: None, evidence: Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_stays_one_word_in_each_language() {
        let option = "-Wl,-rpath,/it's {a}\"";
        for (kind, word) in [
            (ProducerKind::Cffi, r#"['-Wl,-rpath,/it\'s {a}"']"#),
            (ProducerKind::Pyo3, r#""cargo:rustc-link-arg=-Wl,-rpath,/it\'s {{a}}\"""#),
            (ProducerKind::HandWritten, r#" '-Wl,-rpath,/it'\''s {a}"',"#),
        ] {
            let text = kind.link_with(option);
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn marks_are_read() {
        let texts =
            Texts::of(b"From: m\ncompiled with cffi version: 1.15.1\n\0<init code for 'a.b'>\0");
        assert_eq!(texts.cffi_embedding.as_deref(), Some("1.15.1"));
        assert_eq!(texts.cffi_module.as_deref(), Some("a.b"));
        let texts = Texts::of(b"\0__pybind11_internals_v4_gcc_libstdcpp_cxxabi1017__\0");
        assert_eq!(texts.pybind11.as_deref(), Some("v4_gcc_libstdcpp_cxxabi1017"));
        let texts =
            Texts::of(b"x/registry/pyo3-0.18.3/src/err/mod.rs\xff cython_runtime _cython_3_0_10");
        assert_eq!(texts.pyo3.as_deref(), Some("0.18.3"));
        assert_eq!((texts.cython.as_deref(), texts.cython_mark), (Some("3.0.10"), true));
        assert!(!texts.has_interpreter);
        let version = |bytes: &[u8]| Texts::of(bytes).python_version;
        assert_eq!(version(b"a\x003.11.2\0b\x003.11.2\0").as_deref(), Some("3.11.2"));
        assert_eq!(version(b"\x003.11.2\0x\x003.12.1\0"), None);
        assert_eq!(version(b"x3.11.2\0"), None);
    }
}
