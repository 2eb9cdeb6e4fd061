//! Where a collection puts what it need not have in memory.

use std::{fmt, io};

/// A place for bytes that are seldom needed and can be made again: a file on a disk, say, that goes with the process.
///
/// It is called by many threads at once, and those who ask the collection wait for it.
pub trait Spill: fmt::Debug + Send + Sync {
    /// Puts bytes somewhere and says where. `None` if that cannot be done at the moment: they stay in memory then, and
    /// it is tried again later.
    fn put(&self, bytes: &[u8]) -> Option<u64>;

    /// Reads some of what was put, from `at` on, which may be in the middle of it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read(&self, at: u64, out: &mut [u8]) -> io::Result<()>;

    /// Is told that what was put at `at`, `length` bytes, will not be read any more.
    fn free(&self, at: u64, length: usize);

    /// Is told that what was put cannot be read any more or is not what was put. The collection goes on as if the
    /// article had been deleted, and so answers wrongly: whoever can read it again from elsewhere should not
    /// let it.
    fn lost(&self, error: io::Error);
}
