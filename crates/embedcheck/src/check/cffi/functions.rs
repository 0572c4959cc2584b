//! Calls that fail, and what the host sees of it.

use super::words::{
    dead_call, ignored, init_failure, line_of, not_converted, traceback, unattached_call,
};
use super::{call, in_each_host};
use crate::check::{Case, Finding, Lab, LabError};
use crate::report::Producer;

/// `cffi/init-error`: the block once, then one line a call. The initialisation is never tried again.
pub(in crate::check) fn init_error(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    in_each_host(lab, producer, "initerror", |case, _| {
        let module = "_initerror_cffi";
        let frame =
            traceback(producer, module, line_of("initerror", "raise KeyError")?, "<module>");
        let error = format!("{frame}KeyError\n");
        let block = init_failure(lab, producer, module, &error, "'…_cffi_backend….so'")?;
        for _ in 0..2 {
            call(case, "add1", 0);
        }
        case.expect.stdout("");
        case.expect.stderr(&(block + &dead_call("_initerror_cffi.add1").repeat(2)));
        Ok(())
    })
}

/// `cffi/unattached`: a line at each call, and the functions beside it work.
pub(in crate::check) fn unattached(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    in_each_host(lab, producer, "unattached", |case, _| {
        call(case, "unattached", 0);
        call(case, "attached", 42);
        call(case, "unattached", 0);
        case.expect.stderr(&unattached_call("_unattached_cffi.unattached").repeat(2));
        Ok(())
    })
}

/// One call of the fixture `raises`, what it returns, and what it prints.
struct Raising {
    function: &'static str,
    argument: i32,
    value: i32,
    printed: String,
}

/// `function` raises where `raise` stands in the frozen code.
fn raising(
    producer: Producer,
    function: &'static str,
    argument: i32,
    value: i32,
    raise: &str,
    error: &str,
) -> Result<Raising, LabError> {
    let frame = traceback(producer, "_raises_cffi", line_of("raises", raise)?, function);
    let printed = format!("{}{frame}{error}\n", ignored(function));
    Ok(Raising { function, argument, value, printed })
}

/// Calls all of them, and in the end a function that works.
fn call_all(case: &mut Case, calls: &[Raising]) {
    for Raising { function, argument, value, .. } in calls {
        let step = case.plan.call("plugin", function, "i(i)", &[(*argument).into()]);
        case.expect.value(step, *value);
    }
    call(case, "raises_nothing", 42);
    let printed: String = calls.iter().map(|call| call.printed.as_str()).collect();
    case.expect.stderr(&printed);
}

/// `cffi/exception`: without `error=` the result is 0, whatever was raised.
pub(in crate::check) fn exception(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    let unconverted = |function, argument, error: &str| Raising {
        function,
        argument,
        value: 0,
        printed: not_converted(producer, function, error),
    };
    let calls = [
        raising(
            producer,
            "raises_plain",
            1,
            0,
            "raise ValueError(\"plain ",
            "ValueError: plain 1",
        )?,
        unconverted("raises_wrong_type", 6, "TypeError: an integer is required"),
        unconverted("raises_too_big", 7, "OverflowError: integer 1099511627776 does not fit 'int'"),
        raising(producer, "raises_exit", 8, 0, "sys.exit(x)", "SystemExit: 8")?,
    ];
    in_each_host(lab, producer, "raises", |case, _| {
        call_all(case, &calls);
        Ok(())
    })
}

/// `cffi/error-value`: the values that are declared, and who prints.
pub(in crate::check) fn error_value(
    lab: &Lab<'_>,
    producer: Producer,
) -> Result<Finding, LabError> {
    let silent =
        |function, argument, value| Raising { function, argument, value, printed: String::new() };
    let mut both = raising(
        producer,
        "raises_onerror_raises",
        5,
        12,
        "raise ValueError(\"onerror raises ",
        "ValueError: onerror raises 5",
    )?;
    let line = line_of("raises", "raise KeyError(\"in the handler\")")?;
    both.printed.push_str(&format!(
        "Exception ignored during handling of the above exception by 'onerror':\n{}\
         KeyError: 'in the handler'\n",
        traceback(producer, "_raises_cffi", line, "raises_itself")
    ));
    let calls = [
        raising(
            producer,
            "raises_error",
            2,
            -7,
            "raise ValueError(\"error ",
            "ValueError: error 2",
        )?,
        silent("raises_onerror", 3, 42),
        silent("raises_onerror_none", 4, 14),
        both,
    ];
    in_each_host(lab, producer, "raises", |case, _| {
        call_all(case, &calls);
        Ok(())
    })
}

/// `cffi/recursion`: the init code calls a function pointer of the host, the host calls the DLL,
/// whose function has just been attached.
pub(in crate::check) fn recursion(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    in_each_host(lab, producer, "add_recursive", |case, _| {
        let hook = case.plan.hook("plugin", "my_callback", "add_rec", 9);
        case.expect.done(hook);
        call(case, "add_rec", 42);
        let step = case.plan.call("plugin", "add_rec", "i(ii)", &[100.into(), (-5).into()]);
        case.expect.value(step, 95);
        case.expect.hook(400, 409);
        case.expect.stdout(
            "preparing REC\nadding 400 and 9\n<<< 409 >>>\nadding 40 and 2\nadding 100 and -5\n",
        );
        case.expect.stderr("");
        Ok(())
    })
}
