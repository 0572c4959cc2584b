//! What holds for every plan and for every text.

mod strategy;

use embedcheck_plan::{Event, Op, Plan, PlanBuilder, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_survives_its_text(plan in strategy::plan()) {
        let text = plan.to_string();
        prop_assert_eq!(Plan::parse(text.as_bytes()), Ok(plan), "{}", text);
    }

    /// Apart from the others, which the C host reads too.
    #[test]
    fn a_call_of_any_type_survives_its_text(op in strategy::foreign()) {
        let plan = Plan { steps: vec![Step { line: 2, op }] };
        let text = plan.to_string();
        prop_assert_eq!(Plan::parse(text.as_bytes()), Ok(plan), "{}", text);
    }

    #[test]
    fn a_damaged_call_of_any_type_is_a_plan_or_an_error(
        op in strategy::foreign(),
        damage in strategy::damage(),
    ) {
        let text = Plan { steps: vec![Step { line: 2, op }] }.to_string();
        check_text(&strategy::damaged(text.into_bytes(), &damage))?;
    }

    #[test]
    fn a_builder_numbers_steps_as_the_text_does(plan in strategy::plan()) {
        let plan = strategy::dense(&plan);
        let mut builder = PlanBuilder::new();
        rebuild(&mut builder, &plan.steps)?;
        let built = builder.finish();
        prop_assert_eq!(&built, &plan);
        let text = built.to_string();
        prop_assert_eq!(Plan::parse(text.as_bytes()), Ok(built), "{}", text);
    }

    #[test]
    fn any_bytes_are_a_plan_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        check_text(&bytes)?;
        // Behind a good first line more of the parser is reached.
        check_text(&[b"embedcheck-plan 1\n", &bytes[..]].concat())?;
    }

    #[test]
    fn a_damaged_plan_is_a_plan_or_an_error(
        plan in strategy::plan(),
        damage in strategy::damage(),
    ) {
        check_text(&strategy::damaged(plan.to_string().into_bytes(), &damage))?;
    }

    #[test]
    fn an_event_survives_its_line(event in event()) {
        let line = event.to_line();
        prop_assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "{line:?}");
        prop_assert_eq!(Event::parse_line(line.as_bytes()).ok(), Some(event));
    }

    #[test]
    fn any_bytes_are_an_event_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Event::parse_line(&bytes);
    }

    #[test]
    fn a_damaged_event_is_an_event_or_an_error(event in event(), damage in strategy::damage()) {
        let line = strategy::damaged(event.to_line().into_bytes(), &damage);
        if let Err(error) = Event::parse_line(&line) {
            prop_assert!(error.line.chars().count() <= 200);
        }
    }

    /// The C host writes doubles with 17 significant digits.
    #[test]
    fn a_double_survives_the_digits_of_the_c_host(value in any::<f64>()) {
        prop_assume!(value.is_finite());
        let line = format!(
            r#"{{"event":"end","step":2,"thread":0,"pid":1,"time":1,"op":"call","ok":true,"value":{value:.16e},"errno":0,"error":null}}"#
        );
        let event = Event::parse_line(line.as_bytes());
        let Ok(Event::End { value: read, .. }) = event else { panic!("{event:?}") };
        prop_assert_eq!(read.as_f64().map(f64::to_bits), Some(value.to_bits()), "{}", line);
    }
}

/// A text that is a plan says the same again when it is written out.
fn check_text(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Plan::parse(bytes) {
        Ok(plan) => {
            let text = plan.to_string();
            prop_assert_eq!(Plan::parse(text.as_bytes()), Ok(plan), "{}", text);
        }
        Err(error) => {
            let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
            let line = lines.get(error.line as usize - 1);
            prop_assert!(line.is_some(), "{error}: there is no such line");
            let length = line.map_or(0, |line| line.len());
            prop_assert!((1..=length + 1).contains(&error.column), "{error}: no such column");
            prop_assert!(!error.message.is_empty());
        }
    }
    Ok(())
}

fn rebuild(builder: &mut PlanBuilder, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut result = Ok(());
    for step in steps {
        let line = match &step.op {
            Op::Fork { name, steps } => builder.fork(name.as_str(), |inner| {
                result = rebuild(inner, steps);
            }),
            Op::Threads(groups) => builder.threads(|threads| {
                for group in groups {
                    threads.group_with_stack(group.count, group.stack, |inner| {
                        if result.is_ok() {
                            result = rebuild(inner, &group.steps);
                        }
                    });
                }
            }),
            op => builder.step(op.clone()),
        };
        prop_assert_eq!(line, step.line);
        result.clone()?;
    }
    Ok(())
}

fn event() -> impl Strategy<Value = Event> {
    let (place, op) = (|| (any::<u32>(), any::<u32>(), any::<u32>(), any::<u64>()), || ".*");
    prop_oneof![
        (op(), any::<u32>(), any::<u32>(), any::<u64>())
            .prop_map(|(host, format, pid, time)| Event::Start { host, format, pid, time }),
        (place(), op()).prop_map(|((step, thread, pid, time), op)| Event::Begin {
            step,
            thread,
            pid,
            time,
            op,
        }),
        (place(), op(), any::<bool>(), value(), any::<i32>(), proptest::option::of(".*")).prop_map(
            |((step, thread, pid, time), op, ok, value, errno, error)| Event::End {
                step,
                thread,
                pid,
                time,
                op,
                ok,
                value,
                errno,
                error,
            }
        ),
        (place(), any::<i32>(), any::<i32>()).prop_map(
            |((_, thread, pid, time), argument, value)| {
                Event::Hook { thread, pid, time, argument, value }
            }
        ),
        (any::<u32>(), any::<u64>(), any::<i32>()).prop_map(|(pid, time, code)| Event::Finish {
            pid,
            time,
            code
        }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no such number", |v| v.is_finite())
            .prop_map(Value::from),
        ".*".prop_map(Value::from),
        (any::<bool>(), ".*")
            .prop_map(|(mapped, file)| json!({ "mapped": mapped, "file": [file] })),
    ]
}
