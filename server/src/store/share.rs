//! Work on many files, shared out among the processors.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use parking_lot::Mutex;

/// What `each` makes of the items, in their order; or the first error.
pub(super) fn share_out<I: Sync, T: Send>(
    items: &[I],
    each: impl Fn(&I) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let results: Vec<_> = items.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(item) = items.get(at)
                {
                    *results[at].lock() = Some(each(item));
                }
            });
        }
    });
    results.into_iter().filter_map(Mutex::into_inner).collect()
}
