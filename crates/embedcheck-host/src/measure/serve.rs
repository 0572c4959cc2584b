//! A host that calls as often as it is told, for whoever decides while measuring how often that is.

use std::io::{self, BufRead, Write};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::calls::fresh;
use super::dll::Dll;
use super::function::Wrong;
use super::{Error, threads};

/// Where calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the thread that made the first call.
    Initialiser,
    /// In another one, which lives as long as the host.
    Other,
    InitialiserHeld,
    OtherHeld,
    /// In a new thread for each call.
    Fresh,
    /// In the thread that made the first call, through a linked symbol.
    Linked,
    /// In that many threads at once, each with its part of the calls.
    Threads(usize),
}

impl Place {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "initialiser" => Self::Initialiser,
            "other" => Self::Other,
            "initialiser_held" => Self::InitialiserHeld,
            "other_held" => Self::OtherHeld,
            "fresh" => Self::Fresh,
            "linked" => Self::Linked,
            _ => match word.strip_prefix("threads:")?.parse() {
                Ok(count) if count > 0 => Self::Threads(count),
                _ => return None,
            },
        })
    }
}

/// `FUNCTION PLACE ITERATIONS`.
#[derive(Debug, PartialEq, Eq)]
struct Order<'a> {
    function: &'a str,
    place: Place,
    iterations: u64,
}

impl<'a> Order<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let order = Self {
            function: words.next()?,
            place: Place::parse(words.next()?)?,
            iterations: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(order)
    }
}

/// What that many calls take.
pub(super) fn repeat(dll: &Dll, iterations: u64) -> Result<Duration, Wrong> {
    const AT_ONCE: u64 = 1 << 16;
    let begin = Instant::now();
    for _ in 0..iterations / AT_ONCE {
        dll.calls(0, AT_ONCE as u32)?;
    }
    dll.calls(0, (iterations % AT_ONCE) as u32)?;
    Ok(begin.elapsed())
}

/// What the other thread is asked for.
struct Request {
    dll: Dll,
    held: bool,
    iterations: u64,
}

impl Request {
    fn run(&self) -> Result<Duration, Error> {
        let body = || Ok(repeat(&self.dll, self.iterations)?);
        if self.held { self.dll.held(body) } else { body() }
    }
}

/// The other thread.
struct Other {
    requests: mpsc::Sender<Request>,
    answers: mpsc::Receiver<Result<Duration, String>>,
}

impl Other {
    /// It ends with the value that is returned.
    fn start<'scope>(scope: &'scope thread::Scope<'scope, '_>) -> Self {
        let (requests, inbox) = mpsc::channel::<Request>();
        let (outbox, answers) = mpsc::channel();
        scope.spawn(move || {
            for request in inbox {
                // Nobody is left to hear it if that fails.
                let _ = outbox.send(request.run().map_err(|error| error.to_string()));
            }
        });
        Self { requests, answers }
    }

    fn ask(&self, request: Request) -> Result<Duration, Error> {
        let gone = "the other thread of the host is gone";
        self.requests.send(request).map_err(|_| gone)?;
        Ok(self.answers.recv().map_err(|_| gone)??)
    }
}

fn obey(dll: &Dll, other: &Other, order: &Order<'_>) -> Result<Duration, Error> {
    let iterations = order.iterations;
    let dll = match order.place {
        Place::Linked if order.function != "add1" => {
            return Err(format!("linked is for add1, not for {}", order.function).into());
        }
        Place::Linked => dll.with(dll.linked().ok_or("linked needs --linked")?),
        _ => dll.with(dll.function(order.function)?),
    };
    let request = |held| Request { dll, held, iterations };
    match order.place {
        Place::Initialiser | Place::Linked => request(false).run(),
        Place::InitialiserHeld => request(true).run(),
        Place::Other => other.ask(request(false)),
        Place::OtherHeld => other.ask(request(true)),
        Place::Threads(count) => threads::exactly(&dll, count, iterations),
        Place::Fresh => {
            let begin = Instant::now();
            for number in 0..iterations {
                fresh(&dll, number as u32)?;
            }
            Ok(begin.elapsed())
        }
    }
}

/// Answers lines of standard input until it ends.
pub(super) fn serve(dll: &Dll) -> Result<(), Error> {
    thread::scope(|scope| {
        let other = Other::start(scope);
        for line in io::stdin().lock().lines() {
            let line = line?;
            let order = Order::parse(&line)
                .ok_or_else(|| format!("{line:?} is not FUNCTION PLACE ITERATIONS"))?;
            let time = obey(dll, &other, &order)?;
            writeln!(io::stdout(), "{}", time.as_nanos())?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        let order = |place| Some(Order { function: "add1", place, iterations: 7 });
        for (line, expected) in [
            ("add1 initialiser 7", order(Place::Initialiser)),
            ("add1 other_held 7", order(Place::OtherHeld)),
            ("add1 threads:4 7", order(Place::Threads(4))),
            ("add1 threads:0 7", None),
            ("add1 threads 7", None),
            ("add1 nowhere 7", None),
            ("add1 other", None),
            ("add1 other 7 8", None),
            ("add1 other -7", None),
            ("", None),
        ] {
            assert_eq!(Order::parse(line), expected, "{line}");
        }
    }
}
