//! The same question to many, over a few threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `function` for each item, on up to `workers` threads; the results are in the order of the
/// items.
pub(super) fn map<T, R>(items: &[T], workers: usize, function: impl Fn(&T) -> R + Sync) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    let work = || {
        while let Some((place, item)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            items.get(place).map(|item| (place, item))
        } {
            let result = function(item);
            // Nothing panics while it holds the lock.
            results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((place, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers.clamp(1, items.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_items_is_kept() {
        let items: Vec<usize> = (0..100).collect();
        for workers in [0, 1, 3, 200] {
            let doubled = map(&items, workers, |item| item * 2);
            assert!(doubled.iter().enumerate().all(|(place, &result)| result == place * 2));
            assert_eq!(doubled.len(), items.len());
        }
        assert!(map(&[], 4, |item: &usize| *item).is_empty());
    }
}
