//! A fingerprinter for each thread.

use std::cell::RefCell;

use basma_engine::Fingerprinter;

/// Texts above this many bytes are worked on where they do not keep other requests waiting.
const LONG_TEXT: usize = 64 << 10;

/// Runs `work` with this thread's fingerprinter.
pub(crate) fn fingerprinting<T>(text: &str, work: impl FnOnce(&mut Fingerprinter) -> T) -> T {
    thread_local! {
        static FINGERPRINTER: RefCell<Fingerprinter> = RefCell::default();
    }
    if text.len() > LONG_TEXT {
        // A fingerprinter of its own: the memory that a long text takes is not kept for short ones.
        return tokio::task::block_in_place(|| work(&mut Fingerprinter::default()));
    }
    FINGERPRINTER.with_borrow_mut(work)
}
