//! What keeps the server within bounds, whatever is asked of it. Where a limit is reached the caller is
//! told at once which one it is, and when to try again.
//!
//! - [`layer`]: what happens to each request, in this order:
//! - [`rate`]: what one caller may ask for in a second and in a day;
//! - [`gate`]: what is done at once on all connections; [`mod@line`]: large requests, which wait for that;
//! - [`receive`]: messages, received whole in [`pieces`] and unpacked within the [`budget`] of memory;
//! - [`deadline`]: how long it may take;
//! - [`answer`]: answers on their way out.

mod answer;
mod budget;
mod deadline;
mod gate;
mod layer;
mod line;
mod pieces;
mod rate;
mod receive;

use std::{num::NonZero, sync::Arc, time::Duration};

use self::rate::Rates;
pub(crate) use self::{
    budget::{Budget, Charge},
    deadline::Deadline,
    gate::{Gate, OpenCall, leave, make_room},
    layer::{Answered, LimitLayer},
    rate::{Allowance, Allowed},
};
use crate::config::{Ceilings, processors};

/// The limits of the server, and how far each is used. All services and connections share them.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) gate: Gate,
    pub(crate) budget: Arc<Budget>,
    rates: Rates,
    ceilings: Ceilings,
}

impl Limits {
    pub(crate) fn new(ceilings: Ceilings) -> Arc<Self> {
        let number = |most: NonZero<u32>| f64::from(most.get());
        let per_second = ceilings.max_rate.map(number);
        let allowed = Allowed {
            per_second,
            burst: ceilings.max_burst.map(number).or(per_second).unwrap_or(1.0),
            per_day: ceilings.max_per_day.map(number),
        };
        Arc::new(Self {
            gate: Gate::new(
                ceilings.max_requests(),
                processors(),
                ceilings.max_buffered_bytes / 2,
                ceilings.max_open_calls,
            ),
            budget: Budget::new(ceilings.max_buffered_bytes),
            rates: Rates::new(allowed),
            ceilings,
        })
    }

    /// How long nothing may come on a stream.
    pub(crate) fn longest_idle(&self) -> Duration {
        self.ceilings.max_idle
    }

    /// What may be used of those limits of which the server tells how much is used.
    pub(crate) fn most(&self) -> [(&'static str, f64); 4] {
        let ceilings = &self.ceilings;
        [
            ("max_requests", ceilings.max_requests() as f64),
            ("max_open_calls", ceilings.max_open_calls as f64),
            ("max_buffered_bytes", ceilings.max_buffered_bytes as f64),
            ("max_connections", ceilings.max_connections as f64),
        ]
    }
}
