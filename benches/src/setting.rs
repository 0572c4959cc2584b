//! What is measured: the target and its DLLs.

use std::ffi::OsString;

use embedcheck::bench::{Dll, MeasuringHost, Missing, Options, Producer, Stand};
use embedcheck::dll::Twins;
use embedcheck::env::Caller;
use embedcheck::run::{NoProgress, Stop};
use embedcheck::target::{self, Support, Target};

use crate::{Error, HOST};

/// What criterion was asked for; it does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To measure: `cargo bench`.
    Measure,
    /// To run everything once: `cargo test`.
    Test,
    /// To print names.
    List,
}

impl Mode {
    /// By criterion's rules: without `--bench`, which `cargo bench` adds, it is a test.
    pub(crate) fn of(words: impl IntoIterator<Item = OsString>) -> Self {
        let words: Vec<_> = words.into_iter().collect();
        let has = |option: &str| words.iter().any(|word| word == option);
        if has("--list") {
            Self::List
        } else if has("--test") || !has("--bench") {
            Self::Test
        } else {
            Self::Measure
        }
    }
}

/// The target to measure: `EMBEDCHECK_BENCH_PYTHON`, else the first Python that is found and has a
/// shared libpython; `python3` on `PATH` comes first.
///
/// # Errors
///
/// If that is no target, or none that can be embedded.
pub fn target(caller: &Caller) -> Result<Target, Error> {
    let options = target::Options::default();
    let target = match caller.bench_python.as_deref() {
        Some(name) => target::resolve_python(caller, &options, name)?,
        None => target::discover_first(caller, &options, is_usable).ok_or(
            "no Python with a shared libpython was found; name one in EMBEDCHECK_BENCH_PYTHON",
        )?,
    };
    target.embeddable()?;
    Ok(target)
}

fn is_usable(target: &Target) -> bool {
    target.support == Support::Full && target.embeddable().is_ok()
}

/// The DLLs of a target.
pub struct Setting {
    /// Absent if only names are asked for.
    stand: Option<Stand>,
    producers: Vec<Producer>,
}

impl Setting {
    /// Makes the DLLs of all producers; prints what is measured, and what is not.
    ///
    /// # Errors
    ///
    /// If one cannot be made although nothing is missing for it, or there is no target.
    pub fn new(mode: Mode) -> Result<Self, Error> {
        Self::of(mode, &Producer::ALL)
    }

    /// The same with some producers only.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    #[expect(clippy::print_stdout, reason = "benchmarks print")]
    pub fn of(mode: Mode, producers: &[Producer]) -> Result<Self, Error> {
        if mode == Mode::List {
            return Ok(Self { stand: None, producers: producers.to_vec() });
        }
        let caller = Caller::from_process();
        let target = target(&caller)?;
        let own = std::env::current_exe()?;
        let twins = match &caller.embedcheck_rust_dlls {
            Some(folder) => Twins::in_folder(folder),
            None => Twins::near(&own),
        };
        let host = MeasuringHost {
            program: own,
            arguments: vec![HOST.into()],
            optimised: !cfg!(debug_assertions),
        };
        // One that is named is made even if that takes long.
        let named = if producers == Producer::ALL { Vec::new() } else { producers.to_vec() };
        let quick = mode == Mode::Test;
        let options = Options { quick, producers: named, ..Options::new(host, twins) };
        let libpython = target.embeddable()?.real_path.display();
        println!("{}, {libpython}", target.id);
        let stand = Stand::new(&target, &caller, &options, &Stop::new()?, &NoProgress)?;
        for record in stand.records() {
            let producer = record.producer;
            match (record.made_by, record.missing) {
                (_, Some(Missing::Unavailable { reason, advice })) => {
                    println!("  {producer}: not measured: {reason} ({advice})");
                }
                (_, Some(Missing::Failed { reason })) => {
                    return Err(format!("{producer}: {reason}").into());
                }
                (made_by, None) => println!("  {producer}: {}", made_by.unwrap_or_default()),
            }
        }
        println!();
        let producers = stand.dlls().iter().map(|dll| dll.producer).collect();
        Ok(Self { stand: Some(stand), producers })
    }

    /// Those whose DLLs there are.
    #[must_use]
    pub fn producers(&self) -> &[Producer] {
        &self.producers
    }

    /// Where the DLLs are.
    pub(crate) fn stand(&self) -> Result<&Stand, Error> {
        Ok(self.stand.as_ref().ok_or("only names were asked for")?)
    }

    /// A DLL.
    pub(crate) fn dll(&self, producer: Producer) -> Result<&Dll, Error> {
        let dll = self.stand()?.dlls().iter().find(|dll| dll.producer == producer);
        Ok(dll.ok_or_else(|| format!("there is no DLL of {producer}"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_says_whether_it_is_a_benchmark() {
        let of = |words: &str| Mode::of(words.split_whitespace().map(OsString::from));
        assert_eq!(of(""), Mode::Test);
        assert_eq!(of("--bench"), Mode::Measure);
        assert_eq!(of("add1 --bench --noplot"), Mode::Measure);
        assert_eq!(of("--bench --test"), Mode::Test);
        assert_eq!(of("--list --format terse"), Mode::List);
    }
}
