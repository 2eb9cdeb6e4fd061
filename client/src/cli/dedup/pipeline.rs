//! One thread reads, several fingerprint, and the caller decides in the order of the input.
//!
//! Batches go to the threads in turn and are taken back in the same turn: whoever is slow is waited
//! for. So the order of the decisions, and with it their outcome, does not depend on how many threads
//! there are or which is faster; and since each holds only a few batches, neither does the memory
//! depend on the length of the input.

use std::{
    sync::mpsc::{channel, sync_channel},
    thread,
};

use basma_engine::Detector;

use super::batch::Batch;
use crate::{
    cli::failure::Failure,
    input::{Fields, Records},
};

/// Batches that wait for a thread, and as many that wait for the caller behind it.
const WAITING: usize = 2;

/// Calls `decide` with every batch of the input, fingerprinted by one of `threads` threads.
///
/// # Errors
/// The first of `decide`, which ends the run.
pub(super) fn run(
    mut input: Records,
    fields: &Fields,
    detector: &Detector,
    threads: usize,
    mut decide: impl FnMut(&mut Batch) -> Result<(), Failure>,
) -> Result<(), Failure> {
    thread::scope(|scope| {
        let (mut waiting, mut fingerprinted) = (Vec::new(), Vec::new());
        for _ in 0..threads {
            let (give, take) = sync_channel::<Batch>(WAITING);
            let (give_on, take_on) = sync_channel::<Batch>(WAITING);
            waiting.push(give);
            fingerprinted.push(take_on);
            scope.spawn(move || {
                for mut batch in take {
                    batch.fingerprint(fields, detector);
                    if give_on.send(batch).is_err() {
                        return;
                    }
                }
            });
        }
        let (give_back, used) = channel::<Batch>();
        scope.spawn(move || {
            for thread in waiting.iter().cycle() {
                let mut batch = used.try_recv().unwrap_or_default();
                if !batch.fill(&mut input) || thread.send(batch).is_err() {
                    return;
                }
            }
        });
        // The first turn that brings none is the one after the last batch. (Had a thread panicked, the
        // scope would pass that on.)
        for thread in fingerprinted.iter().cycle() {
            let Ok(mut batch) = thread.recv() else {
                break;
            };
            decide(&mut batch)?;
            // Nobody takes it once all is read.
            let _ = give_back.send(batch);
        }
        Ok(())
    })
}
