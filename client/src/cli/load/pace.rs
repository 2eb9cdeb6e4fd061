//! When each call is to start.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, mpsc};

/// Hands out starts, until the time is over.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    end: Instant,
    /// The starts that were due, if there is a rate: they queue here while every worker is busy, and
    /// the waiting counts.
    due: Option<Mutex<mpsc::UnboundedReceiver<Instant>>>,
}

impl Pace {
    /// Starts now, at `rate` articles a second, `articles_per_call` at a time.
    pub(super) fn start(duration: Duration, rate: Option<u32>, articles_per_call: u32) -> Self {
        let start = Instant::now();
        let end = start + duration;
        let due = rate.map(|rate| {
            let interval = Duration::from_secs(1) * articles_per_call / rate;
            let (sender, receiver) = mpsc::unbounded_channel();
            // A thread, since the timers of the runtime are no finer than a millisecond.
            thread::spawn(move || {
                let mut next = start;
                while next < end {
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                    if sender.send(next).is_err() {
                        return;
                    }
                    next += interval;
                }
            });
            Mutex::new(receiver)
        });
        Self { start, end, due }
    }

    /// Waits for the next start, and says when it was due; `None` when the time is over.
    pub(super) async fn next(&self) -> Option<Instant> {
        match &self.due {
            Some(due) => due.lock().await.recv().await,
            None => Some(Instant::now()).filter(|now| *now < self.end),
        }
    }

    /// The time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_late_worker_is_told_when_it_was_due() {
        let pace = Pace::start(Duration::from_millis(20), Some(1000), 5);
        thread::sleep(Duration::from_millis(20));
        let mut due = Vec::new();
        while let Some(start) = pace.next().await {
            due.push((start - pace.start).as_millis());
        }
        assert_eq!(due, [0, 5, 10, 15]);
    }
}
