//! Keeps the beginning and the end of an output of any length in bounded memory.

use std::collections::VecDeque;
use std::mem;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a process wrote to one of its outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Captured {
    /// The text; bytes that are not UTF-8 are U+FFFD. If the middle was dropped, a line in brackets
    /// says so there.
    pub text: String,
    /// The number of bytes that were dropped from the middle.
    pub dropped_bytes: u64,
}

/// Takes bytes as they come and keeps the first and the last half of `limit`.
#[derive(Debug)]
pub(super) struct Capture {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
}

impl Capture {
    pub(super) fn new(limit: usize) -> Self {
        Self { half: limit / 2, head: Vec::new(), tail: VecDeque::new(), dropped: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(first);
        // Of a long piece only its end can survive.
        let skipped = rest.len().saturating_sub(self.half);
        let too_many = (self.tail.len() + rest.len() - skipped).saturating_sub(self.half);
        self.tail.drain(..too_many);
        self.tail.extend(&rest[skipped..]);
        self.dropped += (skipped + too_many) as u64;
    }

    /// What was kept; nothing is left in here.
    pub(super) fn take(&mut self) -> Captured {
        let (head, tail) = (mem::take(&mut self.head), Vec::from(mem::take(&mut self.tail)));
        let dropped = mem::take(&mut self.dropped);
        let text = if dropped == 0 {
            // In one piece, so that a character across the halves survives.
            String::from_utf8_lossy(&[head, tail].concat()).into_owned()
        } else {
            format!(
                "{}\n[... {} bytes dropped ...]\n{}",
                String::from_utf8_lossy(&head),
                dropped,
                String::from_utf8_lossy(&tail)
            )
        };
        Captured { text, dropped_bytes: dropped }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_middle_is_dropped_and_counted() {
        let mut capture = Capture::new(8);
        capture.push(b"abcdefghij");
        capture.push(b"klm");
        let captured = capture.take();
        assert_eq!(captured.text, "abcd\n[... 5 bytes dropped ...]\njklm");
        assert_eq!(captured.dropped_bytes, 5);
    }

    #[test]
    fn a_character_across_the_halves_survives() {
        let mut capture = Capture::new(6);
        capture.push("aa\u{e9}bb".as_bytes());
        assert_eq!(capture.take(), Captured { text: "aa\u{e9}bb".into(), dropped_bytes: 0 });
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(pieces in prop::collection::vec("[a-z]{0,20}", 0..20), half in 0_usize..16) {
            let all = pieces.concat();
            let mut capture = Capture::new(2 * half);
            for piece in &pieces {
                capture.push(piece.as_bytes());
            }
            prop_assert!(capture.head.len() <= half && capture.tail.len() <= half);
            let captured = capture.take();
            if all.len() <= 2 * half {
                prop_assert_eq!(captured, Captured { text: all, dropped_bytes: 0 });
            } else {
                let (head, tail) = (&all[..half], &all[all.len() - half..]);
                let dropped = all.len() - 2 * half;
                prop_assert_eq!(captured.dropped_bytes, dropped as u64);
                prop_assert_eq!(captured.text, format!("{head}\n[... {dropped} bytes dropped ...]\n{tail}"));
            }
        }
    }
}
