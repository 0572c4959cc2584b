//! The progress bar on standard error.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use embedcheck::run::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows how many checks are done and which ones run. Nothing is shown unless standard error is a
/// terminal; indicatif sees to that.
pub(crate) struct Bar {
    bar: ProgressBar,
    running: Mutex<Vec<String>>,
}

impl Bar {
    /// A bar for so many checks of a target.
    pub(crate) fn new(target: &str, checks: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(checks).unwrap_or(u64::MAX));
        // The template is constant; without it the default style is good enough.
        if let Ok(style) =
            ProgressStyle::with_template("{prefix}  {pos}/{len}  {elapsed}  {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(target.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, running: Mutex::new(Vec::new()) }
    }

    fn update(&self, change: impl FnOnce(&mut Vec<String>)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        self.bar.set_message(running.join("  "));
    }
}

impl Progress for Bar {
    fn started(&self, label: &str) {
        self.update(|running| running.push(label.to_owned()));
    }

    fn finished(&self, label: &str) {
        self.update(|running| {
            if let Some(place) = running.iter().position(|known| known == label) {
                running.remove(place);
            }
        });
        self.bar.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
