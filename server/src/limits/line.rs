//! Large requests: one for each processor at once. The others wait in line, since to refuse what was received
//! costs its caller and the transport as much as to answer it costs the engine.
//!
//! The line is bounded in number, in bytes and in time. One that has overflowed shows that more comes than can be
//! done, and whoever came to its end would be answered late. So until nothing was refused for a while nobody may
//! stand in it: those who find a processor are answered soon, and all others told at once.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

/// Who has waited for so long is refused.
const LONGEST: Duration = Duration::from_secs(1);

/// For so long after a refusal nobody may wait.
const CLOSED: Duration = Duration::from_secs(1);

/// The processors that work on large requests, and who waits for one.
#[derive(Debug)]
pub(super) struct Line {
    free: Arc<Semaphore>,
    /// So many may wait,
    most: usize,
    /// with so many bytes together.
    most_bytes: usize,
    waiting: Mutex<Waiting>,
}

/// A processor for a large request, until it is dropped.
pub(super) type Processor = OwnedSemaphorePermit;

/// The line is as long as it may be.
#[derive(Debug)]
pub(super) struct Full;

#[derive(Debug, Default)]
struct Waiting {
    count: usize,
    bytes: usize,
    refused: Option<Instant>,
}

impl Line {
    /// For so many processors, behind which at most so many may wait with at most so many bytes.
    pub(super) fn new(processors: usize, most: usize, most_bytes: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(processors)),
            most,
            most_bytes,
            waiting: Mutex::default(),
        }
    }

    /// A processor for a request of so many bytes; in the order in which they were asked for.
    ///
    /// # Errors
    ///
    /// If the line is full, has not moved on for too long, or either was so a moment ago.
    pub(super) async fn processor(&self, bytes: usize) -> Result<Processor, Full> {
        // What becomes free goes to those who wait, so nobody gets in front of them here.
        if let Ok(processor) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(processor);
        }
        let _stand = self.stand(bytes)?;
        match timeout(LONGEST, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(processor)) => Ok(processor),
            Ok(Err(_)) | Err(_) => {
                self.waiting.lock().refused = Some(Instant::now());
                Err(Full)
            }
        }
    }

    fn stand(&self, bytes: usize) -> Result<Stand<'_>, Full> {
        let mut waiting = self.waiting.lock();
        let closed = (waiting.refused).is_some_and(|refused| refused.elapsed() < CLOSED);
        let full =
            waiting.count >= self.most || waiting.bytes.saturating_add(bytes) > self.most_bytes;
        if closed || full {
            waiting.refused = Some(Instant::now());
            return Err(Full);
        }
        waiting.count += 1;
        waiting.bytes += bytes;
        Ok(Stand { line: self, bytes })
    }
}

/// One who stands in line, until he has a processor, is refused, or has gone.
struct Stand<'a> {
    line: &'a Line,
    bytes: usize,
}

impl Drop for Stand<'_> {
    fn drop(&mut self) {
        let mut waiting = self.line.waiting.lock();
        waiting.count -= 1;
        waiting.bytes -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join_all};

    use tokio::time::advance;

    use super::*;

    const LARGE: usize = 100;

    #[tokio::test]
    async fn who_waits_is_let_in_in_order() {
        let line = Line::new(2, 8, 8 * LARGE);
        let first = line.processor(LARGE).await.expect("a processor");
        let _second = line.processor(LARGE).await.expect("a processor");
        let mut waiting: Vec<_> = (0..8).map(|_| Box::pin(line.processor(LARGE))).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        // The second of those who wait goes away, and so leaves a place in line.
        drop(waiting.remove(1));
        waiting.push(Box::pin(line.processor(LARGE)));
        assert!(waiting[7].as_mut().now_or_never().is_none());
        drop(first);
        for mut one in waiting {
            // Nobody gets in front.
            assert!(line.free.try_acquire().is_err());
            let processor = one.as_mut().now_or_never().expect("its turn");
            drop(processor.expect("a processor"));
        }
        assert_eq!(line.waiting.lock().bytes, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_while_after_the_line_has_overflowed() {
        let line = Line::new(1, 4, 10 * LARGE);
        let working = line.processor(LARGE).await.expect("a processor");
        let in_line = join_all((0..4).map(|_| line.processor(LARGE)));
        let mut in_line = Box::pin(in_line);
        assert!(in_line.as_mut().now_or_never().is_none());
        line.processor(LARGE).await.expect_err("the line is full");
        drop(working);
        in_line.await;
        let _working = line.processor(LARGE).await.expect("a free processor");
        advance(CLOSED / 2).await;
        line.processor(LARGE).await.expect_err("a moment ago");
        advance(CLOSED / 2).await;
        line.processor(LARGE).await.expect_err("a moment ago again");
        advance(CLOSED).await;
        let waited = line.processor(LARGE).await;
        waited.expect_err("it waited for as long as anybody may");
        line.processor(LARGE).await.expect_err("a moment ago");
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_bytes() {
        let line = Line::new(1, 100, 4 * LARGE);
        let working = line.processor(usize::MAX).await.expect("a processor");
        let mut in_line = Box::pin(join_all((0..4).map(|_| line.processor(LARGE))));
        assert!(in_line.as_mut().now_or_never().is_none());
        for bytes in [1, usize::MAX] {
            line.processor(bytes).await.expect_err("no room");
        }
        drop(working);
        in_line.await;
        assert_eq!(line.waiting.lock().bytes, 0);
    }
}
