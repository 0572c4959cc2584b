//! From bytes to the few lines that matter, in bounded memory.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};

use super::clean;
use super::names::Names;
use crate::diagnose::log::{Matter, is_hinted, is_one_message, matter};

/// Bytes that are read of a log. What comes later is left out, and the diagnosis says so.
const LIMIT: u64 = 128 << 20;
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
/// Columns of usual terminals, and of forms that leave the last one free.
const EDGES: [usize; 8] = [79, 80, 99, 100, 119, 120, 131, 132];
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
    // Whether the last line has no end yet.
    let mut is_open = false;
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
        is_open = !raw.ends_with(b"\n");
        log.count += u64::from(!is_open);
        let line = raw.strip_suffix(b"\n").unwrap_or(&raw);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match str::from_utf8(line) {
            Ok(text) if clean::is_plain(line) && !is_hinted(line) => log.pass(text),
            _ => clean::lines(line).into_iter().for_each(|line| log.add(line)),
        }
    }
    log.count += u64::from(is_open);
    Ok(log)
}

impl Log {
    /// A line that says nothing by itself. With the one before it can.
    fn pass(&mut self, line: &str) {
        let [earlier, before] = &self.before;
        if !is_edge_hinted(before, line)
            && !is_hinted(before.as_bytes())
            && !is_hinted(earlier.as_bytes())
        {
            self.before.swap(0, 1);
            self.before[1].clear();
            self.before[1].push_str(line);
            return;
        }
        self.add(line.to_owned());
    }

    fn add(&mut self, line: String) {
        self.names.look(&line);
        let [earlier, before] = &self.before;
        if let Some((front, whole)) = joined(earlier, before, &line) {
            self.names.look(&whole);
            // The message as a whole instead of its front.
            if self.lines.last() == Some(&front) {
                self.lines.pop();
            }
            self.look(whole);
        } else {
            self.look(line.clone());
        }
        self.before.rotate_left(1);
        self.before[1] = line;
    }

    fn look(&mut self, line: String) {
        match matter(&line) {
            Some(Matter::Subject) => self.keep(line),
            Some(Matter::Circumstance) if self.circumstances < CIRCUMSTANCES => {
                self.circumstances += 1;
                self.keep(line);
            }
            _ => {}
        }
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

/// Whether a word that matters can lie across the break.
fn is_edge_hinted(before: &str, line: &str) -> bool {
    const WORD: usize = 32;
    let before = before.as_bytes();
    let front = &before[before.len().saturating_sub(WORD)..];
    let rest = line.trim_start().as_bytes();
    let rest = &rest[..rest.len().min(WORD)];
    is_hinted(&[front, rest].concat()) || is_hinted(&[front, b" ", rest].concat())
}

/// The message that was broken into these lines, if they are one, and its front.
fn joined(earlier: &str, before: &str, line: &str) -> Option<(String, String)> {
    let is_broken = |text: &str| (BROKEN..=WIDEST).contains(&text.len());
    let rest = line.trim_start();
    if !is_broken(before) || rest.is_empty() || rest.len() > WIDEST {
        return None;
    }
    // Lines that were cut at the edge of a terminal have its width, and no word ends there.
    let width = before.chars().count();
    let is_edge =
        EDGES.contains(&width) || width > EDGES[0] - 8 && earlier.chars().count() == width;
    let is_cut = is_edge && rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let mut fronts = Vec::new();
    if is_broken(earlier) && earlier.len().abs_diff(before.len()) <= 16 {
        fronts.extend([format!("{earlier}{before}"), format!("{earlier} {before}")]);
    }
    fronts.push(before.to_owned());
    fronts.into_iter().find_map(|front| {
        let ways = [(format!("{front}{rest}"), is_cut), (format!("{front} {rest}"), false)];
        ways.into_iter()
            .find(|(whole, is_cut)| is_one_message(&front, rest, whole, *is_cut))
            .map(|(whole, _)| (front, whole))
    })
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
