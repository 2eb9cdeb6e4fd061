//! The locks of check-and-add. In a build with `--cfg shuttle` they are those of shuttle, which goes through
//! the orders in which threads can come to them, and to every [`interleave`].

#[cfg(not(shuttle))]
pub(crate) use parking_lot::Mutex;

/// A place between two steps where other threads may come in; only while orders are gone through.
#[inline]
pub(crate) fn interleave() {
    #[cfg(shuttle)]
    shuttle::thread::yield_now();
}

#[cfg(shuttle)]
mod scheduled {
    /// As that of parking_lot.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
            self.0.lock().expect("no panic")
        }
    }
}
#[cfg(shuttle)]
pub(crate) use scheduled::Mutex;
