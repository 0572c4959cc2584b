//! Reports with realistic figures: those of CPython 3.13 on a small virtual machine, and what could be.

use std::collections::BTreeMap;

use embedcheck::bench::compare::{
    ChangeVerdict, Compared, Comparison, OldReport, TargetComparison,
};
use embedcheck::bench::{
    BenchMachine, BenchReport, BenchTarget, Bin, Estimate, Figure, Measurement, Missing, Producer,
    ProducerRecord, Ratio, SCHEMA, Settings,
};
use embedcheck::report::{Machine, Tool};

use Producer::{Cffi, Limit, Naive, Plain, Pyo3, Rust};

const THREADS: [u32; 4] = [1, 2, 4, 8];
const ROUNDS: usize = 10;

/// Numbers that look like noise and are the same in every run.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    /// Around 1, now and then much more.
    fn factor(&mut self, spread: f64) -> f64 {
        let usual = 1.0 + spread * (self.next() + self.next() - 1.0);
        if self.next() < 0.05 { usual * 1.5 } else { usual }
    }
}

/// What a figure of a producer is about; `None` if the producer cannot have it.
fn typical(producer: Producer, figure: &str) -> Option<f64> {
    let by = |[plain, limit, naive, cffi, rust, pyo3]: [f64; 6]| match producer {
        Plain => plain,
        Limit => limit,
        Naive => naive,
        Cffi => cffi,
        Rust => rust,
        Pyo3 => pyo3,
    };
    let python = producer.is_python();
    let call = by([2.0, 81.0, 150.0, 184.0, 83.0, 110.0]);
    match figure.split('/').collect::<Vec<_>>().as_slice() {
        ["call", function, place] => {
            let more = match *function {
                "raises" if python => 900.0 + 6.0 * call,
                "round_trip" if python => 140.0,
                "len" if python => 45.0,
                "sum" if python => 170.0,
                "nop" if python => -8.0,
                _ => 0.0,
            };
            let call = match *place {
                "other" => by([2.0, 81.0, 8000.0, 190.0, 83.0, 112.0]),
                "initialiser_held" | "other_held" => match producer {
                    Limit => 54.0,
                    Rust => 57.0,
                    _ => return None,
                },
                "fresh" => by([14_500.0, 24_000.0, 24_300.0, 24_900.0, 24_100.0, 24_400.0]),
                _ => call,
            };
            Some((call + more).max(1.5))
        }
        ["threads", threads, name] => {
            let threads: f64 = threads.parse().ok()?;
            let alone = threads == 1.0;
            let total = match producer {
                Plain => 2.0 / threads.min(2.0),
                _ if alone => call,
                Limit => 300.0,
                Rust => 110.0,
                Cffi => 660.0,
                Pyo3 => 420.0,
                Naive => 9100.0,
            };
            Some(match *name {
                "cpu" => total * if alone { 1.0 } else { 1.3 },
                "p50" => call,
                "p99" => call * if alone { 1.2 } else { 40.0 },
                "max" => {
                    if alone {
                        60_000.0
                    } else {
                        5.2e6 * threads / 4.0
                    }
                }
                "fairness" => {
                    if alone {
                        1.0
                    } else {
                        0.93
                    }
                }
                _ => total,
            })
        }
        ["start", name] => {
            let both = by([0.15, 12.0, 12.1, 14.4, 12.3, 12.6]);
            match *name {
                "both" => Some(both),
                "cpu" => Some(both * 0.97),
                "load" => Some(if python { 1.4 } else { 0.14 }),
                "first" => Some(both - if python { 1.4 } else { 0.14 }),
                "second" => Some(call * 4e-6),
                _ if !python => None,
                "libpython" => Some(1.3),
                "dll" => Some(0.12),
                "initialise" => Some(9.4),
                "init-code" => Some(if producer == Cffi { 3.4 } else { 0.9 }),
                // A difference of times may turn out negative.
                _ => Some(if producer == Naive { -0.01 } else { 0.05 }),
            }
        }
        ["memory", "loaded"] => Some(by([120.0, 2300.0, 2300.0, 2700.0, 2900.0, 3100.0])),
        ["memory", "called"] => Some(by([124.0, 9200.0, 9210.0, 11_400.0, 9900.0, 10_050.0])),
        ["memory", "thread"] => Some(by([0.0, 210.0, 1.2, 0.4, 0.8, -1.6])),
        _ => None,
    }
}

fn measurement(
    target: &str,
    producer: Producer,
    figure: &Figure,
    scale: f64,
) -> Option<Measurement> {
    let typical = typical(producer, &figure.id)? * scale;
    let mut noise = Noise::of(&format!("{target} {producer} {}", figure.id));
    let spread = if figure.id.contains("/max") || figure.id.ends_with("round_trip/fresh") {
        0.5
    } else {
        0.05
    };
    let values: Vec<_> = (0..ROUNDS).map(|_| typical * noise.factor(spread)).collect();
    let estimate = Estimate::of(&values)?;
    let with = figure.id.starts_with("call/add1/") || figure.id.ends_with("/p50");
    Some(Measurement {
        producer,
        figure: figure.id.clone(),
        estimate,
        wide: estimate.is_wide(),
        distribution: with
            .then(|| distribution(typical, figure.id.starts_with("threads"), &mut noise)),
        values,
    })
}

/// A hump at the typical value, with a long tail if single calls are counted.
fn distribution(typical: f64, single: bool, noise: &mut Noise) -> Vec<Bin> {
    let mut bins: Vec<_> = (0..40)
        .map(|class| {
            let distance = (f64::from(class) - 12.0) / 6.0;
            let count = 4000.0 * (-distance * distance).exp() * (0.7 + 0.6 * noise.next());
            Bin { upper: typical * 1.012_f64.powi(class - 12), count: count as u64 }
        })
        .filter(|bin| bin.count > 0)
        .collect();
    let tail = if single { 24 } else { 4 };
    let last = bins.last().map_or(typical, |bin| bin.upper);
    for step in 1..=tail {
        let count = (60.0 * noise.next() / f64::from(step)) as u64 + 1;
        bins.push(Bin { upper: last * 1.45_f64.powi(step), count });
    }
    bins
}

fn target(version: &str, scale: f64, figures: &[Figure]) -> BenchTarget {
    let id = format!("cpython-{version}");
    let of_figure = |figure| {
        let id = &id;
        Producer::ALL
            .into_iter()
            .filter_map(move |producer| measurement(id, producer, figure, scale))
    };
    let measurements: Vec<_> = figures.iter().flat_map(of_figure).collect();
    BenchTarget {
        implementation: "cpython".to_owned(),
        version: version.to_owned(),
        abi_flags: String::new(),
        free_threaded: false,
        debug: false,
        executable: Some(format!("/opt/python/{version}/bin/python3")),
        libpython: format!("/opt/python/{version}/lib/libpython3.so.1.0"),
        build_id: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        rounds: 10,
        producers: Producer::ALL.map(record).into(),
        ratios: ratios(&measurements),
        measurements,
        calibration: vec![1000.0, 1010.0, 1180.0, 995.0],
        id,
    }
}

fn ratios(measurements: &[Measurement]) -> Vec<Ratio> {
    let find = |producer, figure: &str| {
        measurements.iter().find(|one| one.producer == producer && one.figure == figure)
    };
    let mut figures: Vec<_> = measurements.iter().map(|one| one.figure.as_str()).collect();
    figures.dedup();
    let mut ratios = Vec::new();
    for figure in figures {
        let pairs: &[_] = match figure.split('/').collect::<Vec<_>>().as_slice() {
            ["call", ..] | ["threads", _, "total"] => {
                &[(Rust, Limit), (Cffi, Rust), (Pyo3, Rust), (Naive, Rust)]
            }
            ["start", "both" | "cpu"] => {
                &[(Rust, Limit), (Cffi, Limit), (Pyo3, Limit), (Naive, Limit)]
            }
            _ => &[],
        };
        for &(above, below) in pairs {
            let Some((one, other)) = find(above, figure).zip(find(below, figure)) else { continue };
            let values: Vec<_> =
                one.values.iter().zip(&other.values).map(|(one, other)| one / other).collect();
            let estimate = Estimate::of(&values).unwrap();
            let figure = figure.to_owned();
            ratios.push(Ratio { figure, above, below, estimate, wide: estimate.is_wide() });
        }
    }
    ratios
}

fn record(producer: Producer) -> ProducerRecord {
    let made_by = match producer {
        Cffi => "CFFI 1.17.1, gcc 12.2.0",
        Rust => "embed-dll 0.1.0, rustc 1.91.1",
        Pyo3 => "PyO3 0.27.1, rustc 1.91.1",
        _ => "prebuilt, gcc 12.2.0",
    };
    ProducerRecord { producer, made_by: Some(made_by.to_owned()), missing: None }
}

fn of_targets(make: impl FnOnce(&[Figure]) -> Vec<BenchTarget>) -> BenchReport {
    let figures = Figure::all(&THREADS);
    BenchReport {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "embedcheck".to_owned(), version: "0.1.0".to_owned() },
        command: ["embedcheck", "bench", "--html", "bench.html"].map(str::to_owned).into(),
        date: "2026-11-20T13:37:00Z".to_owned(),
        machine: BenchMachine {
            system: Machine {
                system: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
                kernel: "Linux 6.1.0-32-amd64".to_owned(),
                architecture: "x86_64".to_owned(),
                libc: Some("glibc 2.36".to_owned()),
                processors: 2,
                compiler: Some("gcc (Debian 12.2.0-14) 12.2.0".to_owned()),
                cffi: Some("1.17.1".to_owned()),
            },
            processor: Some("Intel(R) Xeon(R) Processor @ 2.60GHz".to_owned()),
            load_before: Some([0.08, 0.21, 0.35]),
            load_after: Some([1.02, 0.66, 0.48]),
        },
        settings: Settings {
            quick: false,
            rounds: 10,
            threads: THREADS.into(),
            environment: BTreeMap::new(),
            optimised: true,
        },
        targets: make(&figures),
        figures,
        comparison: None,
        duration_ms: 184_000,
    }
}

/// One Python, every producer.
pub(crate) fn one() -> BenchReport {
    of_targets(|figures| vec![target("3.13.0", 1.0, figures)])
}

/// Several Pythons; of the last one some producers are missing.
pub(crate) fn several() -> BenchReport {
    let mut report = of_targets(|figures| {
        [("3.13.0", 1.0), ("3.12.1", 1.05), ("3.11.7", 1.1), ("3.8.18", 1.6), ("2.7.18", 2.1)]
            .map(|(version, scale)| target(version, scale, figures))
            .into()
    });
    let last = report.targets.last_mut().unwrap();
    for (producer, missing) in [
        (
            Pyo3,
            Missing::Unavailable {
                reason: "PyO3 0.27 supports CPython 3.8 and newer, this is 2.7.18".to_owned(),
                advice: "measure another Python".to_owned(),
            },
        ),
        (Rust, Missing::Failed { reason: "calls of add1: add1(1000, 7000) returned 0".to_owned() }),
    ] {
        let record = last.producers.iter_mut().find(|record| record.producer == producer);
        record.unwrap().missing = Some(missing);
        last.measurements.retain(|one| one.producer != producer);
        last.ratios.retain(|one| one.above != producer && one.below != producer);
    }
    report
}

/// With a comparison in which one figure got worse.
pub(crate) fn compared() -> BenchReport {
    let mut report = one();
    let old = Estimate { median: 83.0, low: 82.0, high: 84.0 };
    let new = Estimate { median: 99.0, low: 97.0, high: 101.0 };
    let compared = |figure: &str, verdict| Compared {
        producer: Rust,
        figure: figure.to_owned(),
        old,
        new,
        factor: 1.19,
        noise: 1.04,
        verdict,
    };
    report.comparison = Some(Comparison {
        old: OldReport {
            file: "old.json".to_owned(),
            date: "2026-11-01T08:00:00Z".to_owned(),
            version: "0.1.0".to_owned(),
        },
        notes: vec!["the kernel is another one".to_owned()],
        targets: vec![TargetComparison {
            id: "cpython-3.13.0".to_owned(),
            old_id: "cpython-3.13.0".to_owned(),
            slowdown: 1.01,
            figures: vec![
                compared("call/add1/other", ChangeVerdict::Worse),
                compared("start/both", ChangeVerdict::Better),
                compared("call/nop/other", ChangeVerdict::Same),
            ],
        }],
    });
    report
}
