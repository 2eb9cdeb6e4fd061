//! The memory that messages may take, all together: what is being received, what is worked on, and
//! answers that nobody has taken yet.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::failure::Failure;

/// So many bytes for all calls.
#[derive(Debug)]
pub(crate) struct Budget {
    most: usize,
    taken: AtomicUsize,
}

impl Budget {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let taken = AtomicUsize::new(0);
        Arc::new(Self { most, taken })
    }

    /// Bytes that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Nothing, to begin with, for one call.
    pub(crate) fn charge(self: &Arc<Self>) -> Charge {
        Charge {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }

    fn take(&self, bytes: usize) -> Result<(), Failure> {
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.most {
            return Ok(());
        }
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
        Err(Failure::overloaded(
            "max_buffered_bytes",
            "messages take all the memory that they may",
        ))
    }
}

/// What one call takes of the budget; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Charge {
    /// Takes more.
    ///
    /// # Errors
    ///
    /// If that is too much; then it has what it had.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Failure> {
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Takes as much as is missing to so many bytes.
    pub(super) fn at_least(&mut self, bytes: usize) -> Result<(), Failure> {
        self.add(bytes.saturating_sub(self.bytes))
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_charges_together_stay_below_the_limit_and_give_everything_back() {
        let budget = Budget::new(100);
        let (mut one, mut other) = (budget.charge(), budget.charge());
        one.add(60).expect("room");
        other.add(41).expect_err("no room");
        other.at_least(40).expect("room");
        other.at_least(40).expect("it has them");
        other.add(1).expect_err("no room");
        assert_eq!(budget.taken(), 100);
        drop(one);
        other.add(usize::MAX).expect_err("no room");
        assert_eq!(budget.taken(), 40);
        drop(other);
        assert_eq!(budget.taken(), 0);
    }
}
