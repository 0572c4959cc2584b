//! The speed of the machine: a fixed piece of work that resembles an interpreter's.
//!
//! Two runs on a shared machine, or at two speeds of its processor, differ in everything. The same work
//! is done between the measurements of each, so that a comparison can tell.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::time::Instant;

use super::median;

/// Pieces of work of which the median is taken: each is over before the scheduler interferes.
const PIECES: usize = 60;

/// The instructions of a tiny stack machine.
#[derive(Clone, Copy)]
enum Code {
    Push(u64),
    Load(u64),
    Add,
    Store(u64),
    Repeat,
    End,
}

const PROGRAM: [Code; 8] = [
    Code::Load(1),
    Code::Push(7),
    Code::Add,
    Code::Store(1),
    Code::Load(1),
    Code::Store(2),
    Code::Repeat,
    Code::End,
];

/// Not seeded at random: the same work each time.
type Names = HashMap<u64, Box<u64>, BuildHasherDefault<DefaultHasher>>;

/// Runs the program: dispatch, names looked up in a dictionary, values on the heap.
fn piece() -> u64 {
    let mut names = Names::default();
    names.insert(1, Box::new(35));
    let mut stack: Vec<Box<u64>> = Vec::new();
    let (mut at, mut left) = (0, 100_u32);
    loop {
        match black_box(PROGRAM[at]) {
            Code::Push(value) => stack.push(Box::new(value)),
            Code::Load(name) => stack.push(names.get(&name).cloned().unwrap_or_default()),
            Code::Add => {
                let (x, y) = (stack.pop().unwrap_or_default(), stack.pop().unwrap_or_default());
                stack.push(Box::new(x.wrapping_add(*y)));
            }
            Code::Store(name) => {
                names.insert(name, stack.pop().unwrap_or_default());
            }
            Code::Repeat => {
                left -= 1;
                if left > 0 {
                    at = 0;
                    continue;
                }
            }
            Code::End => return names.get(&2).map_or(0, |value| **value),
        }
        at += 1;
    }
}

/// Nanoseconds that a piece takes now; a few milliseconds for all of them.
pub(super) fn calibrate() -> Option<f64> {
    let one = |_| {
        let begin = Instant::now();
        black_box(piece());
        begin.elapsed().as_nanos() as f64
    };
    median(&(0..PIECES).map(one).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_what_it_says() {
        assert_eq!(piece(), 35 + 700);
    }

    #[test]
    fn it_takes_time() {
        assert!(calibrate().unwrap() > 0.0);
    }
}
