//! Reports made by hand.

use std::collections::BTreeMap;

use embedcheck::bench::{
    BenchMachine, BenchReport, BenchTarget, Bin, Estimate, Figure, Measurement, Missing, Producer,
    ProducerRecord, Ratio, SCHEMA, Settings,
};
use embedcheck::report::{Machine, Tool};

/// Measured producers with a factor to the first of them.
const FACTORS: [(Producer, f64); 4] = [
    (Producer::Plain, 0.02),
    (Producer::Limit, 1.0),
    (Producer::Naive, 5.0),
    (Producer::Rust, 1.04),
];

const ROUNDS: [f64; 7] = [1.0, 1.02, 0.99, 1.01, 1.3, 0.98, 1.0];

/// Every figure of four producers; CFFI is missing, PyO3 failed.
pub(crate) fn report() -> BenchReport {
    let figures = Figure::all(&[1, 4]);
    let mut measurements = Vec::new();
    for figure in &figures {
        for (producer, factor) in FACTORS {
            if producer == Producer::Plain && figure.id.contains("held") {
                continue;
            }
            let values: Vec<_> = ROUNDS.iter().map(|round| round * factor * 80.0).collect();
            measurements.push(measurement(producer, &figure.id, values));
        }
    }
    let ratio = |above| {
        let estimate = Estimate { median: 1.04, low: 1.0, high: 1.06 };
        let figure = "call/add1/other".to_owned();
        Ratio { figure, above, below: Producer::Limit, estimate, wide: estimate.is_wide() }
    };
    BenchReport {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "embedcheck".to_owned(), version: "0.1.0".to_owned() },
        command: vec!["embedcheck".to_owned(), "bench".to_owned(), "--quick".to_owned()],
        date: "2026-11-20T13:37:00Z".to_owned(),
        machine: machine(),
        settings: Settings {
            quick: true,
            rounds: 7,
            threads: vec![1, 4],
            environment: BTreeMap::from([("PYTHONDEVMODE".to_owned(), "1".to_owned())]),
            optimised: true,
        },
        figures,
        targets: vec![BenchTarget {
            id: "cpython-3.11.7".to_owned(),
            implementation: "cpython".to_owned(),
            version: "3.11.7".to_owned(),
            abi_flags: String::new(),
            free_threaded: false,
            debug: false,
            executable: Some("/opt/python/bin/python3.11".to_owned()),
            libpython: "/opt/python/lib/libpython3.11.so.1.0".to_owned(),
            build_id: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            rounds: 7,
            producers: Producer::ALL.map(record).into(),
            measurements,
            ratios: vec![ratio(Producer::Rust)],
            calibration: ROUNDS.map(|round| round * 1000.0).into(),
        }],
        comparison: None,
        duration_ms: 45_678,
    }
}

pub(crate) fn measurement(producer: Producer, figure: &str, values: Vec<f64>) -> Measurement {
    let estimate = Estimate::of(&values).unwrap();
    let bin = |upper, count| Bin { upper, count };
    Measurement {
        producer,
        figure: figure.to_owned(),
        estimate,
        wide: estimate.is_wide(),
        distribution: figure
            .starts_with("call/")
            .then(|| vec![bin(79.0, 4), bin(85.0, 90), bin(120.0, 6)]),
        values,
    }
}

fn record(producer: Producer) -> ProducerRecord {
    let (made_by, missing) = match producer {
        Producer::Cffi => {
            let reason = "no C compiler (cc, gcc, clang) is on PATH".to_owned();
            let advice = "apt install gcc libc6-dev".to_owned();
            (None, Some(Missing::Unavailable { reason, advice }))
        }
        Producer::Pyo3 => {
            let reason = "calls of add1: add1(1000, 7000) returned 0".to_owned();
            (Some("PyO3 0.27.1".to_owned()), Some(Missing::Failed { reason }))
        }
        other => (Some(format!("{other}, made by hand")), None),
    };
    ProducerRecord { producer, made_by, missing }
}

fn machine() -> BenchMachine {
    BenchMachine {
        system: Machine {
            system: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
            kernel: "Linux 6.1.0".to_owned(),
            architecture: "x86_64".to_owned(),
            libc: Some("glibc 2.36".to_owned()),
            processors: 2,
            compiler: None,
            cffi: None,
        },
        processor: Some("Some Processor 9000".to_owned()),
        load_before: Some([0.5, 0.25, 0.125]),
        load_after: None,
    }
}
