//! The figures: what each is called, its unit, and what it means.
//!
//! One table feeds the reports, their documentation and the comparison.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that is measured, the same for every producer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// `group/…`, such as `call/add1/other`.
    pub id: String,
    /// What its values are counted in.
    pub unit: Unit,
    /// Whether more is better; otherwise less is.
    pub more_is_better: bool,
    /// What it is, in one line.
    pub meaning: String,
}

/// What values are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Unit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Units of 1024 bytes.
    #[serde(rename = "KiB")]
    Kibibytes,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// One quantity by another of the same kind.
    #[serde(rename = "ratio")]
    Ratio,
}

impl Unit {
    /// The word in reports; empty for a ratio.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Milliseconds => "ms",
            Self::Kibibytes => "KiB",
            Self::Bytes => "bytes",
            Self::Ratio => "",
        }
    }
}

/// A function that the DLLs export, and what a call of it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, the second part of a figure's id.
    pub name: &'static str,
    /// Its declaration without the semicolon.
    pub declaration: &'static str,
    /// What is special about it; empty for the usual one.
    pub remark: &'static str,
}

/// The functions that are called, in the order of reports.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "add1", declaration: "int add1(int, int)", remark: "" },
    Function { name: "nop", declaration: "void nop(void)", remark: "" },
    Function { name: "scale", declaration: "double scale(double)", remark: "" },
    Function { name: "len", declaration: "int len(const char *)", remark: "" },
    Function { name: "sum", declaration: "int sum(point_t *)", remark: "" },
    Function {
        name: "raises",
        declaration: "int raises(int)",
        remark: ", whose Python function raises ValueError",
    },
    Function {
        name: "round_trip",
        declaration: "int round_trip(int)",
        remark: ", whose Python function calls a C function",
    },
];

/// From where a function is called: the last part of a figure's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// In a few words.
    pub meaning: &'static str,
    /// For the heading of a column.
    pub short: &'static str,
}

/// The places, in the order of reports.
pub const PLACES: &[Place] = &[
    Place { name: "initialiser", meaning: "in the thread that initialised", short: "first thread" },
    Place { name: "other", meaning: "in another long-lived thread", short: "another" },
    Place {
        name: "initialiser_held",
        meaning: "in the thread that initialised, which holds the GIL all the time",
        short: "first, held",
    },
    Place {
        name: "other_held",
        meaning: "in another long-lived thread, which holds the GIL all the time",
        short: "another, held",
    },
    Place {
        name: "linked",
        meaning: "in the thread that initialised, by a program that is linked to the DLL",
        short: "linked",
    },
    Place {
        name: "fresh",
        meaning: "in a thread that is started for this call, with start and join",
        short: "thread a call",
    },
];

/// What is known about a kind of figures. `{}` stands for the number of threads.
struct Kind {
    name: &'static str,
    unit: Unit,
    more_is_better: bool,
    meaning: &'static str,
}

const fn less(name: &'static str, unit: Unit, meaning: &'static str) -> Kind {
    Kind { name, unit, more_is_better: false, meaning }
}

use Unit::{Bytes, Kibibytes, Milliseconds, Nanoseconds, Ratio};

const THREADS: &[Kind] = &[
    less("total", Nanoseconds, "wall time by the calls of {} threads at once, all together"),
    less("cpu", Nanoseconds, "processor time by the calls of {} threads at once"),
    less("p50", Nanoseconds, "a single call while {} threads call: the median"),
    less("p99", Nanoseconds, "a single call while {} threads call: 99 % take at most this"),
    less("max", Nanoseconds, "a single call while {} threads call: the longest"),
    Kind {
        name: "fairness",
        unit: Ratio,
        more_is_better: true,
        meaning: "calls of the slowest of {} threads by those of the fastest",
    },
];

const START: &[Kind] = &[
    less("load", Milliseconds, "dlopen of the DLL, with what it is linked to"),
    less("first", Milliseconds, "the first call"),
    less("second", Milliseconds, "the second call"),
    less("both", Milliseconds, "from before dlopen to the end of the first call"),
    less("cpu", Milliseconds, "processor time of dlopen and the first call"),
    less(
        "dll",
        Milliseconds,
        "part of `both`: dlopen of the DLL when the libpython is there already",
    ),
    less("libpython", Milliseconds, "part of `both`: to find and load the libpython"),
    less("initialise", Milliseconds, "part of `both`: to start the interpreter"),
    less("init-code", Milliseconds, "part of `both`: the init code of the DLL"),
    less("rest", Milliseconds, "part of `both`: what is left, with the call itself"),
];

/// The parts that `start/both` is the sum of, in the order of time.
pub const START_PARTS: [&str; 5] =
    ["start/libpython", "start/dll", "start/initialise", "start/init-code", "start/rest"];

const MEMORY: &[Kind] = &[
    less("loaded", Kibibytes, "growth of the resident memory by dlopen"),
    less("called", Kibibytes, "growth of the resident memory by dlopen and the first call"),
    less("thread", Bytes, "resident memory that a thread leaves behind that has called and ended"),
];

impl Figure {
    /// The figure with this id; `None` if there is none.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let mut parts = id.split('/');
        let (group, second, third) = (parts.next()?, parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let figure = |unit, more_is_better, meaning| {
            Some(Self { id: id.to_owned(), unit, more_is_better, meaning })
        };
        let named = |kinds: &'static [Kind], name| kinds.iter().find(|kind| kind.name == name);
        match (group, third) {
            ("call", Some(place)) => {
                let function = FUNCTIONS.iter().find(|function| function.name == second)?;
                let place = PLACES.iter().find(|known| known.name == place)?;
                let Function { declaration, remark, .. } = function;
                let meaning = format!("a warm call of `{declaration}`{remark}, {}", place.meaning);
                figure(Nanoseconds, false, meaning)
            }
            ("threads", Some(name)) => {
                let kind = named(THREADS, name)?;
                let threads: u32 = second.parse().ok().filter(|number| *number > 0)?;
                let meaning = match threads {
                    1 => kind.meaning.replace("{} threads at once", "1 thread"),
                    _ => kind.meaning.to_owned(),
                };
                let meaning = meaning.replace("{}", &threads.to_string());
                figure(
                    kind.unit,
                    kind.more_is_better,
                    meaning.replace("1 threads call", "1 thread calls"),
                )
            }
            ("start", None) => {
                let kind = named(START, second)?;
                figure(kind.unit, kind.more_is_better, kind.meaning.to_owned())
            }
            ("memory", None) => {
                let kind = named(MEMORY, second)?;
                figure(kind.unit, kind.more_is_better, kind.meaning.to_owned())
            }
            _ => None,
        }
    }

    /// Every figure that a run with these numbers of threads can have, in the order of reports.
    #[must_use]
    pub fn all(threads: &[u32]) -> Vec<Self> {
        let mut ids = Vec::new();
        for function in FUNCTIONS {
            ids.extend(PLACES.iter().map(|place| format!("call/{}/{}", function.name, place.name)));
        }
        for number in threads {
            ids.extend(THREADS.iter().map(|kind| format!("threads/{number}/{}", kind.name)));
        }
        ids.extend(START.iter().map(|kind| format!("start/{}", kind.name)));
        ids.extend(MEMORY.iter().map(|kind| format!("memory/{}", kind.name)));
        ids.iter().filter_map(|id| Self::of(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(id: &str) -> String {
        Figure::of(id).unwrap().meaning
    }

    #[test]
    fn ids_have_meanings() {
        assert_eq!(
            meaning("call/add1/other"),
            "a warm call of `int add1(int, int)`, in another long-lived thread"
        );
        assert_eq!(
            meaning("threads/4/total"),
            "wall time by the calls of 4 threads at once, all together"
        );
        assert_eq!(meaning("threads/1/p50"), "a single call while 1 thread calls: the median");
        assert_eq!(Figure::of("start/both").unwrap().unit, Unit::Milliseconds);
        assert!(Figure::of("threads/2/fairness").unwrap().more_is_better);
    }

    #[test]
    fn what_is_no_figure_is_none() {
        for id in ["", "call", "call/add1", "call/add1/moon", "threads/0/total", "start/both/x"] {
            assert_eq!(Figure::of(id), None, "{id}");
        }
    }

    #[test]
    fn all_are_different() {
        let all = Figure::all(&[1, 2, 4, 8]);
        let mut ids: Vec<_> = all.iter().map(|figure| &figure.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        assert_eq!(all.len(), 7 * 6 + 4 * 6 + 10 + 3);
    }

    #[test]
    fn the_parts_of_a_start_are_figures() {
        assert!(START_PARTS.iter().all(|id| Figure::of(id).is_some()));
    }
}
