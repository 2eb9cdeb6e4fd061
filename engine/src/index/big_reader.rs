//! A lock for what is read more often than it is written.
//!
//! Whoever takes a lock writes into it, for reading as well, and waits until the line of memory that it is on has come from
//! the processor that took it last. Here each thread has one of two locks to read by, and whoever writes takes both: a
//! big-reader lock (W. C. Hsieh, W. E. Weihl, "Scalable Reader-Writer Locks for Parallel Systems", IPPS 1992). Of more locks
//! each writer would take more.
#![expect(
    unsafe_code,
    reason = "what makes a lock of several is a trait that vouches for it"
)]

use std::{
    hint,
    sync::atomic::{AtomicUsize, Ordering},
};

use parking_lot::{
    RawRwLock,
    lock_api::{self, GuardNoSend},
};

use crate::padded::Padded;
use crate::prefetch::{prefetch, prefetch_mut};

/// Locks to read by.
const LOCKS: usize = 2;

/// So often it is looked whether a lock is free, with so many pauses in between, before its thread sleeps: some twenty
/// microseconds. A lock is held for a few of them, and who sleeps is woken after dozens; nor is the processor given up
/// meanwhile, as locks do that yield before they sleep, since others wait for what this thread has locked already.
const LOOKS: usize = 64;
const PAUSES: usize = 8;

/// Takes a lock that will soon be free, or returns false.
#[cold]
fn soon(try_lock: impl Fn() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        (0..PAUSES).for_each(|_| hint::spin_loop());
        try_lock()
    })
}

/// Has cache lines of its own, as each of its locks has.
pub(super) type BigReader<T> = lock_api::RwLock<RawBigReader, T>;
pub(super) type ReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawBigReader, T>;
pub(super) type WriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawBigReader, T>;

/// Asks for what whoever takes this for reading will wait for.
#[inline(always)]
pub(super) fn prefetch_read<T>(lock: &BigReader<T>) {
    // SAFETY: nothing is given back that was not taken.
    prefetch_mut(unsafe { lock.raw() }.own());
    prefetch(lock.data_ptr());
}

/// Asks for what whoever takes this for writing will wait for.
#[inline(always)]
pub(super) fn prefetch_write<T>(lock: &BigReader<T>) {
    // SAFETY: likewise.
    unsafe { lock.raw() }
        .all()
        .for_each(|lock| prefetch_mut(lock));
    prefetch_mut(lock.data_ptr());
}

/// The locks without what they protect.
pub(super) struct RawBigReader([Padded<RawRwLock>; LOCKS]);

thread_local! {
    /// Which of the locks this thread reads by, the same as long as it lives.
    static OWN: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed) % LOCKS
    };
}

impl RawBigReader {
    #[inline(always)]
    fn own(&self) -> &RawRwLock {
        &self.0[OWN.with(|own| *own)].0
    }

    fn all(&self) -> impl Iterator<Item = &RawRwLock> {
        self.0.iter().map(|padded| &padded.0)
    }
}

// SAFETY: who has it for writing has all of the locks for writing, and who has it for reading has one of them for reading,
// which excludes that. A guard stays on the thread that took it, so what it gives back is the lock that it took.
unsafe impl lock_api::RawRwLock for RawBigReader {
    const INIT: Self = Self([const { Padded(RawRwLock::INIT) }; LOCKS]);

    type GuardMarker = GuardNoSend;

    #[inline(always)]
    fn lock_shared(&self) {
        let lock = self.own();
        if !lock.try_lock_shared() && !soon(|| lock.try_lock_shared()) {
            lock.lock_shared();
        }
    }

    fn try_lock_shared(&self) -> bool {
        self.own().try_lock_shared()
    }

    #[inline(always)]
    unsafe fn unlock_shared(&self) {
        // SAFETY: this thread has it.
        unsafe { self.own().unlock_shared() };
    }

    /// In one order, so that no two writers wait for each other.
    #[inline]
    fn lock_exclusive(&self) {
        for lock in self.all() {
            if !lock.try_lock_exclusive() && !soon(|| lock.try_lock_exclusive()) {
                lock.lock_exclusive();
            }
        }
    }

    fn try_lock_exclusive(&self) -> bool {
        for (taken, lock) in self.all().enumerate() {
            if !lock.try_lock_exclusive() {
                // SAFETY: these were taken just now.
                self.all()
                    .take(taken)
                    .for_each(|lock| unsafe { lock.unlock_exclusive() });
                return false;
            }
        }
        true
    }

    #[inline]
    unsafe fn unlock_exclusive(&self) {
        // SAFETY: this thread has all of them.
        self.all()
            .for_each(|lock| unsafe { lock.unlock_exclusive() });
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn who_writes_is_alone_and_who_reads_is_not() {
        let pair = BigReader::new((0, 0));
        let read = pair.read();
        // Threads of both locks.
        for _ in 0..2 * LOCKS {
            thread::scope(|scope| {
                scope.spawn(|| {
                    assert!(pair.try_write().is_none());
                    assert_eq!(pair.try_read().as_deref(), Some(&(0, 0)));
                });
            });
        }
        drop(read);
        let write = pair.try_write().expect("nobody reads");
        for _ in 0..2 * LOCKS {
            thread::scope(|scope| {
                scope.spawn(|| assert!(pair.try_write().is_none() && pair.try_read().is_none()));
            });
        }
        drop(write);
        assert!(pair.try_read().is_some());
    }

    #[test]
    fn nobody_sees_half_of_what_is_written() {
        const ROUNDS: usize = if cfg!(miri) { 20 } else { 20_000 };
        let pair = BigReader::new((0, 0));
        thread::scope(|scope| {
            for _ in 0..LOCKS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let mut pair = pair.write();
                        pair.0 += 1;
                        pair.1 += 1;
                    }
                });
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let pair = pair.read();
                        assert_eq!(pair.0, pair.1);
                    }
                });
            }
        });
        assert_eq!(*pair.read(), (LOCKS * ROUNDS, LOCKS * ROUNDS));
    }
}
