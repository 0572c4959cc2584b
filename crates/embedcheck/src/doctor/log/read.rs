//! From bytes to the few lines that matter, in bounded memory.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};

use super::clean;
use super::names::Names;
use crate::diagnose::log::{Matter, matter, says_more};

/// Bytes that are read of a log. What comes later is left out, and the diagnosis says so.
const LIMIT: u64 = 256 << 20;
/// Longest line in bytes; what is longer is read as several.
const LINE: u64 = 64 << 10;
/// Lines that are kept for the rules. Repetitions are not kept at all.
const KEPT: usize = 4096;
/// Lines that are kept as circumstances only: any path can be one, and one is enough.
const CIRCUMSTANCES: usize = 512;
/// Bytes of the lines that are kept.
const KEPT_BYTES: usize = 8 << 20;
/// A line that a terminal or a form has broken is at least so long.
const BROKEN: usize = 50;
/// Longest line that was broken by a terminal, in bytes.
const WIDEST: usize = 400;

/// What a log comes to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Lines that some rule looks for, in their order.
    pub(super) lines: Vec<String>,
    /// What is named all over it.
    pub(super) names: Names,
    /// How many lines were read.
    pub(super) count: u64,
    /// How many bytes were read.
    pub(super) bytes: u64,
    /// Whether there was more than the limit.
    pub(super) is_cut: bool,
    /// Lines that matter and were left out, since there were too many.
    pub(super) left_out: u64,
    known: HashSet<String>,
    kept_bytes: usize,
    circumstances: usize,
    /// The two lines before, for messages that were broken.
    before: [String; 2],
}

/// Reads to the end or to the limit.
pub(super) fn read(text: impl Read) -> io::Result<Log> {
    let mut log = Log::default();
    let mut text = BufReader::with_capacity(1 << 16, text.take(LIMIT + 1));
    let mut raw = Vec::new();
    loop {
        raw.clear();
        let length = text.by_ref().take(LINE).read_until(b'\n', &mut raw)?;
        if length == 0 {
            break;
        }
        log.bytes += length as u64;
        if log.bytes > LIMIT {
            log.bytes = LIMIT;
            log.is_cut = true;
            break;
        }
        log.count += u64::from(raw.ends_with(b"\n"));
        for line in clean::lines(raw.strip_suffix(b"\n").unwrap_or(&raw)) {
            log.add(line);
        }
    }
    // A last line without its end.
    log.count += u64::from(!raw.is_empty() && !raw.ends_with(b"\n"));
    Ok(log)
}

impl Log {
    fn add(&mut self, line: String) {
        self.names.look(&line);
        let [earlier, before] = &self.before;
        let joined = joined(earlier, before, &line);
        if let Some(joined) = &joined {
            self.names.look(joined);
        }
        for text in [Some(line.clone()), joined].into_iter().flatten() {
            match matter(&text) {
                Some(Matter::Subject) => self.keep(text),
                Some(Matter::Circumstance) if self.circumstances < CIRCUMSTANCES => {
                    self.circumstances += 1;
                    self.keep(text);
                }
                _ => {}
            }
        }
        self.before.rotate_left(1);
        self.before[1] = line;
    }

    fn keep(&mut self, line: String) {
        if self.known.contains(&line) {
            return;
        }
        if self.lines.len() >= KEPT || self.kept_bytes + line.len() > KEPT_BYTES {
            self.left_out += 1;
            return;
        }
        self.kept_bytes += line.len();
        self.known.insert(line.clone());
        self.lines.push(line);
    }
}

/// The message that was broken into these lines, if they are one.
fn joined(earlier: &str, before: &str, line: &str) -> Option<String> {
    let is_broken = |text: &str| (BROKEN..=WIDEST).contains(&text.len());
    let rest = line.trim_start();
    if !is_broken(before) || rest.is_empty() || rest.len() > WIDEST {
        return None;
    }
    let mut fronts = vec![before.to_owned()];
    // Lines that were broken at a width have that width.
    if is_broken(earlier) && earlier.len().abs_diff(before.len()) <= 16 {
        fronts.extend([format!("{earlier}{before}"), format!("{earlier} {before}")]);
    }
    let whole = fronts
        .iter()
        .flat_map(|front| [(front, format!("{front}{rest}")), (front, format!("{front} {rest}"))]);
    whole.into_iter().find(|(front, whole)| says_more(whole, [front, rest])).map(|(_, whole)| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_broken_is_put_together() {
        let text = "ImportError: /home/u/.pyenv/versions/3.12.1/lib/python3.12/lib-dynload/_struct.cpython-312-\n\
                    x86_64-linux-gnu.so: undefined symbol: PyFloat_Type\n";
        let log = read(text.as_bytes()).unwrap();
        assert_eq!(log.lines.len(), 1, "{:?}", log.lines);
        assert!(log.lines[0].contains("-312-x86_64"), "{:?}", log.lines);
        assert_eq!(log.count, 2);
        let words = "  the dlopen of the plugin went wrong, and this is why: No module named\n'_cffi_backend'\n";
        assert_eq!(read(words.as_bytes()).unwrap().lines.len(), 1);
    }

    #[test]
    fn repetitions_cost_nothing() {
        let line = "ImportError: No module named _cffi_backend\n";
        let log = read(line.repeat(10_000).as_bytes()).unwrap();
        assert_eq!((log.lines.len(), log.left_out, log.count), (1, 0, 10_000));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let lines: String =
            (0..KEPT + 7).map(|n| format!("/l/a{n}.so: file too short\n")).collect();
        let log = read(lines.as_bytes()).unwrap();
        assert_eq!((log.lines.len(), log.left_out), (KEPT, 7));
    }

    #[test]
    fn a_line_without_end_is_read_in_pieces() {
        let text = [vec![b'x'; 1 << 20], b" No module named '_cffi_backend'".to_vec()].concat();
        let log = read(text.as_slice()).unwrap();
        assert_eq!((log.lines.len(), log.count), (1, 1));
    }
}
