//! Runs many jobs on a few threads.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Stop;

/// Something to do, and what it is called while it is done.
#[derive(Debug, Clone)]
pub struct Job<J> {
    /// For the progress display.
    pub label: String,
    /// What the worker gets.
    pub input: J,
}

/// Is told what is going on; by several threads at once.
pub trait Progress: Sync {
    /// A worker has begun with this job.
    fn started(&self, label: &str);
    /// It is done with it, well or not.
    fn finished(&self, label: &str);
}

/// For those who do not want to know.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn started(&self, _label: &str) {}
    fn finished(&self, _label: &str) {}
}

/// Not every job was done, because of [`Stop::request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Gives each job to `work`, as many at a time as there are workers, and returns the results in the
/// order of the jobs.
///
/// All threads that it starts have ended when it returns. If `work` panics, so does this.
///
/// # Errors
///
/// [`Interrupted`] if a stop was requested: no further job is begun, and those that run are left to notice it (a
/// [`run`](super::run()) does at once).
pub fn run_all<J: Send, R: Send>(
    jobs: Vec<Job<J>>,
    workers: NonZeroUsize,
    stop: &Stop,
    work: impl Fn(J) -> R + Sync,
    progress: &dyn Progress,
) -> Result<Vec<R>, Interrupted> {
    let results: Vec<Mutex<Option<R>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let queue = Mutex::new(jobs.into_iter().zip(&results));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..workers.get().min(results.len()) {
            scope.spawn(|| {
                while !stop.is_requested()
                    && let Some((job, result)) = next()
                {
                    progress.started(&job.label);
                    let done = work(job.input);
                    *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
                    progress.finished(&job.label);
                }
            });
        }
    });
    // The queue borrows the results.
    drop(queue);
    if stop.is_requested() {
        return Err(Interrupted);
    }
    let results = results
        .into_iter()
        .map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner));
    results.collect::<Option<_>>().ok_or(Interrupted)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn jobs(count: usize) -> Vec<Job<usize>> {
        (0..count).map(|input| Job { label: format!("job {input}"), input }).collect()
    }

    fn workers(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let stop = Stop::new().unwrap();
        // Two at a time: with one worker this would wait for ever.
        let pair = Barrier::new(2);
        let work = |number| {
            pair.wait();
            number * 2
        };
        let results = run_all(jobs(10), workers(2), &stop, work, &NoProgress).unwrap();
        assert_eq!(results, (0..10).map(|number| number * 2).collect::<Vec<_>>());
        assert_eq!(run_all(jobs(0), workers(2), &stop, work, &NoProgress), Ok(Vec::new()));
    }

    #[test]
    fn no_job_begins_after_a_stop() {
        let stop = Stop::new().unwrap();
        let begun = AtomicUsize::new(0);
        let work = |number| {
            begun.fetch_add(1, Ordering::SeqCst);
            if number == 3 {
                stop.request();
            }
        };
        assert_eq!(run_all(jobs(100), workers(1), &stop, work, &NoProgress), Err(Interrupted));
        assert_eq!(begun.into_inner(), 4);
    }

    #[test]
    fn progress_hears_of_every_job() {
        struct Count(AtomicUsize, AtomicUsize);
        impl Progress for Count {
            fn started(&self, label: &str) {
                assert!(label.starts_with("job "));
                self.0.fetch_add(1, Ordering::SeqCst);
            }
            fn finished(&self, _label: &str) {
                self.1.fetch_add(1, Ordering::SeqCst);
            }
        }
        let count = Count(AtomicUsize::new(0), AtomicUsize::new(0));
        run_all(jobs(7), workers(3), &Stop::new().unwrap(), |_| {}, &count).unwrap();
        assert_eq!((count.0.into_inner(), count.1.into_inner()), (7, 7));
    }
}
