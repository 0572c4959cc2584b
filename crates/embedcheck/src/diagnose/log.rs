//! The rules on a log: lines without the facts of a run.
//!
//! A log can have several causes, and each line speaks for one: the first rule in the table that matches it.
//! What another cause leads to is evidence for that cause, not a cause of its own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{Cause, RULES, Role, Rule, captured, fill};

/// Lines of one rule that are kept as evidence.
const QUOTED: usize = 4;
/// Longest quotation, in characters: a whole log can be one line of JSON.
const QUOTATION: usize = 400;

/// A rule that applies, with what it says about this log.
#[derive(Clone, Debug)]
pub(crate) struct Recognised {
    pub(crate) rule: &'static Rule,
    pub(crate) cause: Cause,
    /// What else it can be.
    pub(crate) also: Vec<String>,
    /// What the rule captured.
    pub(crate) names: Vec<(String, String)>,
}

impl Recognised {
    /// What a group of that name captured.
    pub(crate) fn name(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A rule that can apply to a log, with its expressions compiled.
struct Reader {
    rule: &'static Rule,
    expressions: Vec<Regex>,
}

static READERS: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let readers = RULES.iter().filter(|rule| rule.reads_logs());
    readers
        .map(|rule| {
            let texts = rule.when.iter().filter_map(|when| when.expression());
            // A test compiles every expression of the table.
            Reader { rule, expressions: texts.filter_map(|text| Regex::new(text).ok()).collect() }
        })
        .collect()
});

/// All expressions that say something about a log.
static SIGNATURES: LazyLock<RegexSet> = LazyLock::new(|| {
    let whens = RULES.iter().filter(|rule| rule.reads_logs()).flat_map(|rule| rule.when);
    set(whens.filter_map(|when| when.expression()))
});

/// The same one by one, in the order of the set.
static EXPRESSIONS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| SIGNATURES.patterns().iter().map(|text| Regex::new(text).ok()).collect());

/// Those that rules are about.
static SUBJECTS: LazyLock<RegexSet> = LazyLock::new(|| {
    let rules = RULES.iter().filter(|rule| rule.reads_logs());
    set(rules.filter_map(|rule| rule.when.last()?.expression()))
});

/// Without Unicode classes, and with room for the states of all of them, it reads a line in one go; the expressions
/// themselves have the last word.
fn set(texts: impl Iterator<Item = &'static str>) -> RegexSet {
    const STATES: usize = 64 << 20;
    let texts: BTreeSet<_> = texts.collect();
    let set = RegexSetBuilder::new(texts).unicode(false).dfa_size_limit(STATES).build();
    set.unwrap_or_else(|_| RegexSet::empty())
}

/// Each signature, and each name that is worth collecting, has one of these in it. Most lines of a big log have none.
const HINTS: &[&str] = &[
    "Py",
    "PYTHON",
    "ython3",
    "python2",
    "Python ",
    "Fatal Python",
    "pyinit",
    "without GIL",
    "nterpreter change",
    "subinterpreter",
    "once per process",
    "stack overflow",
    "_exit_handlers",
    "__cxa_finalize",
    "_dl_fini",
    "take_gil",
    "embedding logic",
    "init code for",
    "cffi",
    "CFFI",
    "only works in main",
    "libp",
    "pthread_getspecific",
    ".so",
    "undefined symbol",
    "symbol lookup",
    "ersion mismatch",
    "nknown version",
    "Runtime.",
    "Unable to import",
    "/var/task",
    "/opt/python",
    "/var/lang",
    "AWS Lambda",
    "INIT_",
    "No module named",
    "dynamic module",
    "def_extern",
    "called, but",
    "embed-dll",
    "EMBED_DLL",
    "config_",
    "init_",
    "initfs",
    "Failed to import",
    "encodings",
    "codec",
    "prefix = '",
    "pypy",
    "customize",
    "has no attribute",
    "E836",
    "E837",
    "auto-initialize",
    "-initialize",
    "cannot open shared",
    "shared library",
    "relocating",
    "TLS",
    "required by",
    "ELF",
    "too short",
    "cannot read file data",
    "object file has no",
    "cannot dynamically",
    "relocation R_",
    "DSO missing",
    "-lpython",
    "-embed",
    "ffi.h",
    "RIGIN",
    "undefined reference",
    "PanicException",
    "mapped from",
    "needed by",
    "File \"",
    "Traceback",
    "From: ",
    "cp3",
];

static HINT: LazyLock<Option<regex::bytes::Regex>> = LazyLock::new(|| {
    let words: Vec<_> = HINTS.iter().map(|hint| regex::escape(hint)).collect();
    regex::bytes::Regex::new(&words.join("|")).ok()
});

/// Whether it is worth to look at some bytes at all.
pub(crate) fn is_hinted(bytes: &[u8]) -> bool {
    HINT.as_ref().is_none_or(|hint| hint.is_match(bytes))
}

/// What a line can be to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    /// What a rule is about.
    Subject,
    /// A circumstance, of which one is enough.
    Circumstance,
}

/// Whether a line can matter to a rule.
pub(crate) fn matter(line: &str) -> Option<Matter> {
    if !SIGNATURES.is_match(line.as_bytes()) {
        return None;
    }
    Some(if SUBJECTS.is_match(line.as_bytes()) { Matter::Subject } else { Matter::Circumstance })
}

/// Whether two parts of a line say something as a whole, as after a line break in the middle of a message. With
/// `is_cut` the break is at the edge of a terminal: words go on in the rest.
pub(crate) fn is_one_message(front: &str, rest: &str, whole: &str, is_cut: bool) -> bool {
    if !SIGNATURES.is_match(whole.as_bytes()) {
        return false;
    }
    let alone = [front, rest].map(|part| SIGNATURES.matches(part.as_bytes()));
    let edge = whole.len() - rest.len();
    SIGNATURES.matches(whole.as_bytes()).iter().any(|index| {
        let found = EXPRESSIONS[index].as_ref().and_then(|regex| regex.find(whole));
        let spans = found.is_some_and(|found| found.start() < front.len() && found.end() > edge);
        // A word at the edge of a message would else grow by one of the line before or behind.
        spans && (is_cut || !alone.iter().any(|part| part.matched(index)))
    })
}

/// What these lines show, the most specific first.
pub(crate) fn recognise(lines: &[String]) -> Vec<Recognised> {
    let mut taken = vec![false; lines.len()];
    let mut all: Vec<_> =
        READERS.iter().filter_map(|reader| reader.apply(lines, &mut taken)).collect();
    let covered: BTreeSet<_> = all.iter().flat_map(|one| one.rule.covers).copied().collect();
    let root =
        all.iter().position(|one| one.rule.role == Role::Root && !covered.contains(one.rule.id));
    let follows =
        |one: &Recognised| one.rule.role == Role::Consequence || covered.contains(one.rule.id);
    if let Some(root) = root {
        let evidence: Vec<_> = all
            .iter()
            .filter(|one| follows(one))
            .flat_map(|one| one.cause.evidence.iter().take(1).cloned())
            .collect();
        for line in evidence {
            let known = &mut all[root].cause.evidence;
            if !known.contains(&line) {
                known.push(line);
            }
        }
        all.retain(|one| !follows(one));
    } else {
        // Consequences without a root: the most specific one is the best there is.
        let mut seen = false;
        all.retain(|one| one.rule.role == Role::Note || !std::mem::replace(&mut seen, true));
    }
    all
}

impl Reader {
    /// The last expression is what the rule is about: its lines are taken. Those before it are the circumstances.
    fn apply(&self, lines: &[String], taken: &mut [bool]) -> Option<Recognised> {
        let (subject, circumstances) = self.expressions.split_last()?;
        let mut names = Vec::new();
        let mut evidence = Vec::new();
        let about: Vec<usize> = (0..lines.len())
            .filter(|&index| !taken[index] && subject.is_match(&lines[index]))
            .collect();
        let first = *about.first()?;
        for expression in circumstances {
            let (line, captures) =
                lines.iter().find_map(|line| Some((line, expression.captures(line)?)))?;
            names.extend(captured(expression, &captures));
            let at = captures.get(0).map_or(0, |all| all.start());
            evidence.push(quotation(line, at));
        }
        if let Some(captures) = subject.captures(&lines[first]) {
            names.extend(captured(subject, &captures));
        }
        for &index in &about {
            taken[index] = true;
            let line = &lines[index];
            let at = subject.find(line).map_or(0, |found| found.start());
            let line = quotation(line, at);
            if evidence.len() < circumstances.len() + QUOTED && !evidence.contains(&line) {
                evidence.push(line);
            }
        }
        let rule = self.rule;
        Some(Recognised {
            rule,
            cause: Cause {
                id: rule.id.to_owned(),
                summary: fill(rule.summary, &names),
                advice: fill(rule.advice, &names),
                evidence,
                source: rule.source.to_owned(),
            },
            also: rule.also.iter().map(|text| fill(text, &names)).collect(),
            names,
        })
    }
}

/// What is quoted of a line in which the match begins at this byte.
fn quotation(line: &str, at: usize) -> String {
    let line_length = line.chars().count();
    if line_length <= QUOTATION {
        return line.trim().to_owned();
    }
    let before = line.get(..at).map_or(0, |text| text.chars().count());
    let begin = before.saturating_sub(QUOTATION / 4);
    let part: String = line.chars().skip(begin).take(QUOTATION).collect();
    let [front, back] = [begin > 0, begin + QUOTATION < line_length]
        .map(|left_out| if left_out { "…" } else { "" });
    format!("{front}{}{back}", part.trim())
}
