//! What a traceback tells, as evidence.

use crate::diagnose::Cause;

/// Rules whose reason stands in a traceback.
const TRACED: &[&str] = &[
    "callback-exception",
    "callback-result",
    "cffi-init-failed",
    "embed-dll-init-raised",
    "init-module-missing",
    "python-exception",
];
/// Lines of a traceback that are quoted: the innermost frames and the exception.
const MOST_TRACED: usize = 7;

/// Puts the end of the last traceback into the evidence.
pub(super) fn with_traceback(cause: &mut Cause, stderr: &str) {
    if !TRACED.contains(&&*cause.id) {
        return;
    }
    let lines: Vec<_> = stderr.lines().collect();
    let Some(begin) =
        lines.iter().rposition(|line| line.starts_with("Traceback (most recent call last)"))
    else {
        return;
    };
    let is_frame = |line: &str| line.starts_with(' ');
    let frames = lines[begin + 1..].iter().take_while(|line| is_frame(line)).count();
    let exception = lines.get(begin + 1 + frames);
    let has_word = |line: &&&str| line.contains(|c: char| !" ~^".contains(c));
    let all: Vec<_> =
        lines[begin + 1..][..frames].iter().chain(exception).filter(has_word).collect();
    let kept = &all[all.len().saturating_sub(MOST_TRACED)..];
    for line in kept.iter().map(|line| line.trim_end()) {
        if !cause.evidence.iter().any(|told| told == line.trim()) {
            cause.evidence.push(line.to_owned());
        }
    }
}

/// Without addresses, which differ from run to run.
pub(super) fn without_addresses(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let (before, after) = rest.split_at(at + 2);
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        text.push_str(before);
        // Shorter numbers are versions and flags.
        text.push_str(if digits < 8 { &after[..digits] } else { "…" });
        rest = &after[digits..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(id: &str, stderr: &str) -> Vec<String> {
        let mut cause = Cause {
            id: id.to_owned(),
            summary: String::new(),
            advice: String::new(),
            evidence: vec!["From cffi callback <function f at 0x7f3a2b4c5d6e>:".to_owned()],
            source: String::new(),
        };
        with_traceback(&mut cause, stderr);
        cause.evidence.split_off(1)
    }

    #[test]
    fn the_last_exception_is_evidence() {
        let stderr = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyError: 1\n\n\
                      During handling of the above exception, another exception occurred:\n\n\
                      Traceback (most recent call last):\n  File \"<init code for 'm'>\", line 2, in f\n    p.z\n    \
                      ^^^~\nAttributeError: no z\n\nFrom: m\n";
        let expected =
            ["  File \"<init code for 'm'>\", line 2, in f", "    p.z", "AttributeError: no z"];
        assert_eq!(traced("callback-exception", stderr), expected);
        assert!(traced("libpython-local", stderr).is_empty());
        for stderr in
            ["", "Traceback (most recent call last):", "Traceback (most recent call last):\n  File"]
        {
            assert!(traced("cffi-init-failed", stderr).len() < 2, "{stderr}");
        }
        let deep = format!(
            "Traceback (most recent call last):\n{}RecursionError: deep",
            "  File\n".repeat(900)
        );
        assert_eq!(
            traced("cffi-init-failed", &deep).last().map(String::as_str),
            Some("RecursionError: deep")
        );
    }

    #[test]
    fn addresses_are_left_out_and_versions_are_not() {
        assert_eq!(
            without_addresses("<function f at 0x7f3a2b4c5d6e>: 0x2901"),
            "<function f at 0x…>: 0x2901"
        );
        assert_eq!(without_addresses("ends with 0x"), "ends with 0x");
        assert_eq!(without_addresses("0xg 0x7f3a2b4c5d6eü"), "0xg 0x…ü");
    }
}
