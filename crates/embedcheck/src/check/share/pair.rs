//! Two DLLs that leave traces for one another in Python.

use std::path::Path;

use embedcheck_plan::{Fact, Flags};

use crate::check::{Case, Finding, Lab, LabError, Plugin};
use crate::report::Producer;

/// Which trace is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// An attribute of `sys`.
    Marker,
    /// A replaced `os.getcwd`.
    Patch,
}

/// Who is paired with whom.
const PAIRS: [[Producer; 2]; 6] = [
    [Producer::Probe, Producer::Probe],
    [Producer::Cffi, Producer::Cffi],
    [Producer::Probe, Producer::Cffi],
    [Producer::Rust, Producer::Rust],
    [Producer::Probe, Producer::Rust],
    [Producer::Rust, Producer::Cffi],
];

/// What a DLL is asked to do; each has an answer that is a number.
#[derive(Clone, Copy, Debug)]
enum Ask {
    /// Stores the number in `sys`, and answers with it.
    Set(i32),
    /// The number in `sys`, or 0.
    Get,
    /// Replaces `os.getcwd`; 42.
    Patch,
    /// 42 if it is replaced, or else 0.
    Patched,
    /// What the other DLL says to `Get`, asked in Python through its module, which a probe has not.
    GetOfOther,
}

/// One DLL of a pair.
#[derive(Debug)]
struct Side {
    plugin: Plugin,
    /// Handle in the plan, and letter of the fixture.
    letter: &'static str,
}

/// Every pair, in both orders of the first call; the hosts take turns.
pub(super) fn pairs(lab: &Lab<'_>, question: Question) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let producers = lab.producers(&mut missing)?;
    let hosts = lab.dlopen_hosts();
    let mut cases = Vec::new();
    for pair in PAIRS.iter().filter(|pair| pair.iter().all(|one| producers.contains(one))) {
        for (reversed, host) in [false, true].into_iter().zip(hosts.iter().cycle()) {
            let [one, other] = pair.map(Producer::word);
            let order = if reversed { "second" } else { "first" };
            let label =
                format!("{one} and {other} in a {} host, the {order} calls first", host.kind);
            let folder = lab.folder(&format!("{one}-{other}-{order}"))?;
            let mut case = lab.case(label, host, folder.path());
            let sides = lay_out(lab, &mut case, *pair, folder.path())?;
            if pair.contains(&Producer::Cffi) {
                let promoted = case.plan.promote(lab.soname()?);
                case.expect.done(promoted);
            }
            // Two libpythons may crash before the end, and this is how to tell.
            case.plan.facts(&[Fact::Images, Fact::Symbols]);
            let [one, other] =
                if reversed { [&sides[1], &sides[0]] } else { [&sides[0], &sides[1]] };
            match question {
                Question::Marker => markers(&mut case, one, other),
                Question::Patch => patches(&mut case, one, other),
            }
            cases.push(lab.run(case)?);
        }
    }
    Ok(Finding::of_cases(cases).without(missing))
}

/// Makes both DLLs and opens them RTLD_LOCAL, so that each is bound to the libpython that it names
/// itself. If CFFI, which needs an extension module, is among them, libpython is promoted after that
/// and before the first call.
fn lay_out(
    lab: &Lab<'_>,
    case: &mut Case,
    pair: [Producer; 2],
    folder: &Path,
) -> Result<[Side; 2], LabError> {
    let mut side = |producer, letter: &'static str| {
        let path = folder.join(format!("{letter}.so"));
        let plugin = match producer {
            Producer::Probe => lab.plugin(producer, &path, &lab.absolute())?,
            Producer::Cffi | Producer::Rust => {
                lab.fixture(producer, &format!("share_{letter}"), &path, &lab.absolute())?
            }
        };
        plugin.open(case, letter, Flags::NOW | Flags::LOCAL);
        Ok::<_, LabError>(Side { plugin, letter })
    };
    Ok([side(pair[0], "a")?, side(pair[1], "b")?])
}

/// Each finds what the other stored; the second before the first stored anything: nothing.
fn markers(case: &mut Case, one: &Side, other: &Side) {
    one.ask(case, Ask::Get, 0);
    one.ask(case, Ask::Set(1001), 1001);
    other.ask(case, Ask::Get, 1001);
    other.ask(case, Ask::Set(2002), 2002);
    one.ask(case, Ask::Get, 2002);
    if [one, other].iter().all(|side| side.plugin.producer != Producer::Probe) {
        one.ask(case, Ask::GetOfOther, 2002);
        other.ask(case, Ask::GetOfOther, 2002);
    }
}

fn patches(case: &mut Case, one: &Side, other: &Side) {
    one.ask(case, Ask::Patched, 0);
    other.ask(case, Ask::Patched, 0);
    one.ask(case, Ask::Patch, 42);
    other.ask(case, Ask::Patched, 42);
    one.ask(case, Ask::Patched, 42);
}

impl Side {
    fn ask(&self, case: &mut Case, ask: Ask, answer: i32) {
        let step = match self.plugin.producer {
            Producer::Probe => {
                let code = ask.code();
                case.plan.call(self.letter, "probe_run", "i(s)", &[code.as_str().into()])
            }
            Producer::Cffi | Producer::Rust => {
                let function = format!("share_{}_{}", self.letter, ask.word());
                match ask {
                    Ask::Set(number) => {
                        case.plan.call(self.letter, &function, "i(i)", &[number.into()])
                    }
                    _ => case.plan.call(self.letter, &function, "i()", &[]),
                }
            }
        };
        case.expect.value(step, answer);
    }
}

impl Ask {
    /// End of the name of a function of the fixtures `share_a` and `share_b`.
    fn word(self) -> &'static str {
        match self {
            Self::Set(_) => "set",
            Self::Get => "get",
            Self::Patch => "patch",
            Self::Patched => "patched",
            Self::GetOfOther => "ask_other",
        }
    }

    /// The same for the probe, in Python; marker and replacement are those of the fixtures.
    fn code(self) -> String {
        match self {
            Self::Set(number) => format!("import sys; sys.embedcheck_marker = result = {number}"),
            Self::Get | Self::GetOfOther => {
                "import sys; result = getattr(sys, 'embedcheck_marker', 0)".to_owned()
            }
            Self::Patch => {
                "import os; os.getcwd = lambda: 'replaced by an embedding DLL'; result = 42"
                    .to_owned()
            }
            Self::Patched => "import os; \
                 result = 42 if os.getcwd() == 'replaced by an embedding DLL' else 0"
                .to_owned(),
        }
    }
}
