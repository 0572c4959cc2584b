//! One line of a log without what copying, colouring and collecting have added.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Prefixes that are taken off one line, at most.
const PREFIXES: usize = 6;

/// Times, hosts, levels, names of containers, marks of quotations. Whatever a rule anchors at the beginning of
/// a line must not begin like that.
static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        // 2026-11-20T17:00:01.123Z, with brackets or without.
        r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?[:,]?\s*",
        r"\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?\s+",
        // The kernel's, and buildkit's `#12 3.456 `.
        r"\[\s*\d+\.\d+s?\]\s*",
        r"#\d+ \d+\.\d+ ",
        // syslog and journalctl.
        r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s:\[]+(?:\[\d+\])?: ",
        // docker compose.
        r"[\w.-]+\s+\| ",
        // Levels; GitHub's commands.
        r"\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|STDERR|STDOUT|stderr|stdout)\]?[:|\s-]\s*",
        r"##\[\w+\]",
        // Markdown quotations, tables of CI, pip's box and pytest's mark.
        r"(?:>\s)+",
        r"[|│╰]\s?(?:─>\s)?",
        r"E {3}",
        r"\s+",
    ];
    Regex::new(&format!("^(?:{})", forms.join("|"))).ok()
});

/// What an HTML page or a word processor made of plain characters.
const CHARACTERS: [(&str, &str); 11] = [
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&apos;", "'"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
    ("\u{2018}", "'"),
    ("\u{2019}", "'"),
    ("\u{a0}", " "),
];

/// Whether a line is nothing but usual characters, and needs no cleaning to be searched for words.
pub(super) fn is_plain(raw: &[u8]) -> bool {
    raw.iter().all(|byte| (b' '..=b'~').contains(byte) && *byte != b'&' || *byte == b'\t')
}

/// The lines that a line of bytes stands for: none is empty of a message because of a carriage return or a JSON
/// string around it.
pub(super) fn lines(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let text = without_controls(&text);
    let text = plain_characters(text);
    let parts = text.split('\r').filter(|part| !part.trim().is_empty());
    let parts =
        parts.flat_map(|part| if is_json(part) { unescaped(part) } else { vec![part.to_owned()] });
    parts.map(|part| without_prefix(&part).trim_end().to_owned()).collect()
}

/// Escape sequences of terminals and other control characters, but tabs and carriage returns.
fn without_controls(text: &str) -> Cow<'_, str> {
    let is_noise = |c: char| c.is_control() && c != '\t' && c != '\r' || c == '\u{feff}';
    if !text.contains(is_noise) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            match characters.next() {
                // CSI: parameters, then one letter.
                Some('[') => while characters.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // OSC: up to BEL or ESC \.
                Some(']') => while characters.next().is_some_and(|c| c != '\u{7}' && c != '\\') {},
                _ => {}
            }
        } else if !is_noise(c) {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

fn plain_characters(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(['&', '\u{2018}', '\u{2019}', '\u{a0}']) {
        return text;
    }
    let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    Cow::Owned(CHARACTERS.iter().fold(text.into_owned(), replace))
}

/// Whether it looks like an object of JSON, or a part of one, with strings in it.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    (text.starts_with(['{', '"', '[']) || text.contains("\": \"") || text.contains("\":\""))
        && (text.contains("\\n") || text.contains("\\\""))
}

/// The lines inside the strings.
fn unescaped(text: &str) -> Vec<String> {
    text.split("\\n").map(|line| line.replace("\\\"", "\"").replace("\\t", "\t")).collect()
}

fn without_prefix(line: &str) -> &str {
    let Some(prefix) = PREFIX.as_ref() else { return line };
    let mut rest = line;
    for _ in 0..PREFIXES {
        match prefix.find(rest) {
            Some(found) if found.end() > 0 => rest = &rest[found.end()..],
            _ => break,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_collectors_add_is_taken_off() {
        let message = "ModuleNotFoundError: No module named '_cffi_backend'";
        for before in [
            "2026-11-20T17:00:01.1234567Z ",
            "[2026-11-20 17:00:01,123] ERROR: ",
            "17:00:01 ",
            "Nov 20 17:00:01 host gunicorn[412]: ",
            "web-1  | ",
            "#12 3.456 ",
            "2026-11-20T17:00:01Z ##[error]",
            "> > ",
            "[   12.345678] ",
            "E   ",
            "\u{1b}[31m\u{1b}[1m",
            "\u{1b}]0;title\u{7}",
            "progress 10%\r",
            "\u{feff}",
        ] {
            let found = lines(format!("{before}{message}").as_bytes());
            assert_eq!(found.last().map(String::as_str), Some(message), "{before:?}");
        }
    }

    #[test]
    fn strings_in_json_are_read() {
        let found = lines(br#"{"log":"File \"/var/task/a.py\", line 1\nImportError: x\n"}"#);
        assert_eq!(found[1], "ImportError: x");
        assert!(found[0].ends_with("File \"/var/task/a.py\", line 1"), "{found:?}");
    }

    #[test]
    fn pages_and_word_processors_are_undone() {
        assert_eq!(lines(b"No module named &#39;_x&#39;"), ["No module named '_x'"]);
        assert_eq!(lines("reference to \u{2018}f\u{2019}".as_bytes()), ["reference to 'f'"]);
    }

    #[test]
    fn windows_paths_are_no_json() {
        assert_eq!(lines(br"C:\new\table"), [r"C:\new\table"]);
    }

    #[test]
    fn utf_16_is_readable() {
        let bytes: Vec<u8> = "No module".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(lines(&bytes), ["No module"]);
    }
}
