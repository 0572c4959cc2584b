//! The host under valgrind, and what of valgrind's reports is ours.
//!
//! Python itself is a stranger here, which valgrind and its suppressions (`cpython.supp`) treat as
//! such: what begins in libpython, and was not asked for by a DLL directly, is not looked at. What
//! begins in a DLL is a failure.

use std::fs;
use std::path::Path;
use std::time::Duration;

use embedcheck::run::RunSpec;
use embedcheck_tests::root;
use libtest_mimic::Trial;

/// What valgrind looks for.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    /// Wrong use of memory, and memory that is lost.
    Memcheck,
    /// Wrong use of locks and threads.
    Helgrind,
}

/// How many times slower than without it the host is given time to be.
const SLOWER: u32 = 50;

impl Tool {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "memcheck" => Ok(Self::Memcheck),
            "helgrind" => Ok(Self::Helgrind),
            _ => Err(format!("EMBED_DLL_STRESS_TOOL={name} is neither memcheck nor helgrind")),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memcheck => "memcheck",
            Self::Helgrind => "helgrind",
        }
    }

    /// The same run under valgrind, which writes its reports into `folder`.
    pub(crate) fn around(self, mut spec: RunSpec, valgrind: &Path, folder: &Path) -> RunSpec {
        let mut args = vec![format!("--tool={}", self.name()).into()];
        if let Self::Memcheck = self {
            args.push("--leak-check=full".into());
            // The others are Python's, which is never finalised.
            args.push("--show-leak-kinds=definite,indirect".into());
        }
        let common = [
            "--num-callers=60",
            "--error-limit=no",
            // Without it one busy thread may keep all others from running.
            "--fair-sched=yes",
            // What is lost in the child of a fork is lost with it.
            "--child-silent-after-fork=yes",
            "--xml=yes",
        ];
        args.extend(common.map(Into::into));
        args.push(format!("--xml-file={}", folder.join("reports.xml").display()).into());
        let suppressions = root().join("tests/stress/cpython.supp");
        args.push(format!("--suppressions={}", suppressions.display()).into());
        args.push(std::mem::replace(&mut spec.program, valgrind.to_owned()).into());
        args.append(&mut spec.args);
        // How long a thread may take for one operation.
        args.push((60 * SLOWER).to_string().into());
        spec.args = args;
        spec.timeout += Duration::from_secs(120) * SLOWER;
        // Every object is then an allocation that valgrind knows.
        spec.environment.set("PYTHONMALLOC", "malloc");
        spec
    }

    /// The reports of a run that are ours, as text.
    pub(crate) fn reports(self, folder: &Path) -> Result<Vec<String>, String> {
        let file = folder.join("reports.xml");
        let text =
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        if !text.contains("<state>FINISHED</state>") {
            return Err("valgrind has not come to its end".to_owned());
        }
        Ok(reports(&text).iter().filter(|report| report.is_ours()).map(Report::text).collect())
    }
}

/// One `<error>`.
#[derive(Default)]
struct Report {
    kind: String,
    what: String,
    /// Where it is, and with what else it has to do (the other thread, where memory was freed).
    stacks: Vec<Vec<Frame>>,
}

#[derive(Default, Clone)]
struct Frame {
    object: String,
    function: String,
    file: String,
    line: String,
}

/// Valgrind writes one element a line.
fn reports(text: &str) -> Vec<Report> {
    let mut reports = Vec::new();
    let mut report = None;
    for line in text.lines().map(str::trim) {
        if line == "<error>" {
            report = Some(Report::default());
        } else if line == "</error>" {
            reports.extend(report.take());
        } else if let Some(report) = &mut report {
            report.add(line);
        }
    }
    reports
}

impl Report {
    fn add(&mut self, line: &str) {
        if line == "<stack>" {
            self.stacks.push(Vec::new());
        } else if let Some(kind) = content(line, "kind") {
            self.kind = kind;
        } else if let Some(what) = content(line, "what").or_else(|| content(line, "text")) {
            self.what = what;
        } else if let Some(stack) = self.stacks.last_mut() {
            if line == "<frame>" {
                stack.push(Frame::default());
            } else if let Some(frame) = stack.last_mut() {
                frame.add(line);
            }
        }
    }

    /// Whether it begins in code of a DLL of ours.
    fn is_ours(&self) -> bool {
        let is_leak = self.kind.starts_with("Leak_");
        match self.kind.as_str() {
            // What Python never frees looks like that: it points behind an object's header.
            "Leak_PossiblyLost" | "Leak_StillReachable" => false,
            // Helgrind knows locks of pthread only. Rust's are atomics and futexes, so that it takes
            // whatever they protect for a race: ThreadSanitizer is asked about those.
            "Race" => false,
            _ => {
                let Some(stack) = self.stacks.first() else { return false };
                if is_leak && stack.iter().take(3).any(Frame::is_lost_by_libc) {
                    return false;
                }
                origin(stack).is_some_and(Frame::is_ours) || is_leak && is_asked_for(stack)
            }
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}: {}", self.kind, self.what);
        for stack in &self.stacks {
            text.push_str("\n  at");
            for frame in stack {
                text.push_str(&format!("\n    {}", frame.text()));
            }
        }
        text
    }
}

impl Frame {
    fn add(&mut self, line: &str) {
        for (name, field) in [
            ("obj", &mut self.object),
            ("fn", &mut self.function),
            ("file", &mut self.file),
            ("line", &mut self.line),
        ] {
            if let Some(value) = content(line, name) {
                *field = value;
            }
        }
    }

    fn is_ours(&self) -> bool {
        self.object.contains("/libstress_")
    }

    /// The C library, and valgrind in its place: they do what they are told.
    fn is_tool(&self) -> bool {
        ["/vgpreload_", "/libc.so", "/libpthread"].iter().any(|name| self.object.contains(name))
    }

    /// Memory that glibc loses: what its loader keeps of a library, and the entry of a destructor in
    /// a thread that has run all of them already.
    fn is_lost_by_libc(&self) -> bool {
        self.object.contains("/ld-linux") || self.function == "__cxa_thread_atexit_impl"
    }

    fn is_python(&self) -> bool {
        self.object.contains("/libpython")
    }

    fn text(&self) -> String {
        let object = self.object.rsplit('/').next().unwrap_or_default();
        format!("{} ({object} {}:{})", self.function, self.file, self.line)
    }
}

/// Who did it, or told the C library to.
fn origin(stack: &[Frame]) -> Option<&Frame> {
    stack.iter().find(|frame| !frame.is_tool())
}

/// Whether a DLL asked libpython directly for what is lost: no Python code ran between.
fn is_asked_for(stack: &[Frame]) -> bool {
    let mut inside = stack.iter().skip_while(|frame| frame.is_tool());
    let end = inside.find(|frame| !frame.is_python() || runs_code(&frame.function));
    end.is_some_and(Frame::is_ours)
}

fn runs_code(function: &str) -> bool {
    function.starts_with("_PyEval_") || function.starts_with("PyEval_EvalCode")
}

/// `<name>content</name>`.
fn content(line: &str, name: &str) -> Option<String> {
    let rest = line.strip_prefix('<')?.strip_prefix(name)?.strip_prefix('>')?;
    let text = rest.strip_suffix('>')?.strip_suffix(name)?.strip_suffix("</")?;
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// What this file makes of reports.
pub(crate) fn trials() -> Vec<Trial> {
    let cases = [
        (
            "valgrind::lost_by_a_dll",
            "Leak_DefinitelyLost",
            "vgpreload_m malloc, libstress_one.so f",
            true,
        ),
        (
            "valgrind::lost_by_a_dll_that_asked_python",
            "Leak_DefinitelyLost",
            "vgpreload_m malloc, libpython3.13.so.1.0 PyLong_FromLong, libstress_one.so f",
            true,
        ),
        (
            "valgrind::lost_by_python",
            "Leak_DefinitelyLost",
            "vgpreload_m malloc, libpython3.13.so.1.0 _PyEval_EvalFrameDefault, libstress_one.so f",
            false,
        ),
        (
            "valgrind::possibly_lost",
            "Leak_PossiblyLost",
            "vgpreload_m malloc, libstress_one.so f",
            false,
        ),
        ("valgrind::wrong_access", "InvalidRead", "libc.so.6 strlen, libstress_two.so f", true),
        (
            "valgrind::wrong_access_by_python",
            "InvalidRead",
            "libpython3.8.so f, libstress_two.so f",
            false,
        ),
        (
            "valgrind::lost_by_the_loader",
            "Leak_DefinitelyLost",
            "vgpreload_m malloc, ld-linux-x86-64.so.2 malloc, libstress_one.so f",
            false,
        ),
        (
            "valgrind::locks",
            "LockOrder",
            "vgpreload_h pthread_mutex_lock, libstress_two.so f",
            true,
        ),
        ("valgrind::race", "Race", "libstress_two.so f, host main", false),
    ];
    let trial = |(name, kind, stack, ours): (&str, &'static str, &'static str, bool)| {
        Trial::test(name, move || {
            let read = reports(&example(kind, stack));
            let [report] = read.as_slice() else { return Err("one report, not several".into()) };
            if report.is_ours() == ours {
                return Ok(());
            }
            Err(format!("ours: {}\n{}", report.is_ours(), report.text()).into())
        })
    };
    cases.map(trial).into()
}

/// A report as valgrind writes it, from `object function` pairs.
fn example(kind: &str, stack: &str) -> String {
    let frames = stack.split(", ").map(|frame| {
        let (object, function) = frame.split_once(' ').unwrap_or((frame, "f"));
        format!("<frame>\n<obj>/x/{object}</obj>\n<fn>{function}</fn>\n</frame>\n")
    });
    let frames: String = frames.collect();
    format!("<error>\n<kind>{kind}</kind>\n<stack>\n{frames}</stack>\n</error>\n")
}
