//! What the server tells of itself, for Prometheus.
//!
//! - [`traffic`]: counted as it happens: requests by method and code, how long they took, refusals;
//! - [`state`]: looked up when it is asked for: collections, limits, the store; [`process`]; as [`figures`];
//! - [`listener`]: where it is asked for, apart from the services.
//!
//! Labels have few values, whatever callers send: methods and collections that there are, codes, reasons.
//! No id and no text of an article is among them. Of a collection that was deleted nothing is told any
//! more.

mod figures;
mod listener;
mod process;
mod state;
mod traffic;

use std::sync::Arc;

use prometheus_client::{encoding::text, registry::Registry};

pub(crate) use self::{figures::Figures, listener::listen, state::State, traffic::Traffic};

/// Everything that can be told.
#[derive(Clone, Debug)]
pub(crate) struct Metrics(Arc<Registry>);

impl Metrics {
    pub(crate) fn new(traffic: &Traffic, state: State) -> Self {
        let mut registry = Registry::default();
        traffic.register(&mut registry);
        state.register(&mut registry);
        registry.register_collector(Box::new(state));
        Self(Arc::new(registry))
    }

    /// As text, in the format of OpenMetrics.
    fn text(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.0) {
            Ok(()) => out,
            // A string has room for anything.
            Err(error) => format!("# {error}\n# EOF\n"),
        }
    }
}
