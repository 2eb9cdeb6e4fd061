//! What is looked up when it is asked for.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use basma_engine::{Stats, collection::VERDICTS};
use prometheus_client::{
    collector::Collector, encoding::DescriptorEncoder, registry::Registry as Metrics,
};

use super::{figures::Figures, process};
use crate::{
    connections::Connections,
    convert::answer,
    index::{Catalog, Index},
    limits::Limits,
    reload::Live,
    tls::Identity,
};

/// Where the state of the server is found.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) limits: Arc<Limits>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) catalog: Arc<dyn Catalog>,
    /// `None` without TLS.
    pub(crate) tls: Option<Live<Identity>>,
    pub(crate) version: &'static str,
    pub(crate) started: SystemTime,
}

impl State {
    pub(super) fn register(&self, registry: &mut Metrics) {
        self.catalog.register(registry);
    }

    fn server(&self, out: &mut Figures<'_>) -> fmt::Result {
        let limits = &self.limits;
        let version = [("version", self.version)];
        out.gauges("basma_build", "The version", [(version, 1.0)])?;
        out.gauge(
            "process_start_time_seconds",
            "When the process began, since 1970",
            since_1970(self.started),
        )?;
        if let Some(tls) = &self.tls {
            out.gauge(
                "basma_certificate_not_after_seconds",
                "When the server's certificate expires, since 1970",
                since_1970(tls.now().until),
            )?;
        }
        out.gauge(
            "basma_ready",
            "1 once the store is read",
            f64::from(u8::from(self.catalog.is_ready())),
        )?;
        out.gauges(
            "basma_limit",
            "What may be used of each limit",
            limits
                .most()
                .map(|(limit, most)| ([("limit", limit)], most)),
        )?;
        out.gauge(
            "basma_requests_in_flight",
            "Requests and articles of streams that are worked on (max_requests)",
            limits.gate.taken() as f64,
        )?;
        out.gauge(
            "basma_calls_open",
            "Calls that are open, idle streams among them (max_open_calls)",
            limits.gate.open() as f64,
        )?;
        out.gauge(
            "basma_buffered_bytes",
            "What messages take that come in, are worked on, or wait for their callers (max_buffered_bytes)",
            limits.budget.taken() as f64,
        )?;
        let connections = &self.connections;
        out.gauge(
            "basma_connections",
            "Connections (max_connections)",
            connections.open() as f64,
        )?;
        out.counter(
            "basma_connections_accepted",
            "Connections that there have been",
            connections.accepted() as f64,
        )?;
        out.counter(
            "basma_connections_refused",
            "Connections above the limit",
            connections.refused() as f64,
        )?;
        out.counter(
            "basma_connections_overdue",
            "Connections closed because they did not begin, or did not take their answers",
            connections.overdue() as f64,
        )?;
        let tasks = tokio::runtime::Handle::try_current();
        if let Ok(handle) = tasks {
            out.gauge(
                "basma_tasks",
                "Tasks of the runtime: some for each connection and call",
                handle.metrics().num_alive_tasks() as f64,
            )?;
        }
        Ok(())
    }

    fn collections(&self, out: &mut Figures<'_>) -> fmt::Result {
        let all: Vec<(Arc<dyn Index>, Stats)> = (self.catalog.all())
            .into_iter()
            .map(|index| {
                let stats = index.stats();
                (index, stats)
            })
            .collect();
        let each = |figure: fn(&Stats) -> u64| {
            all.iter().map(move |(index, stats)| {
                let collection = index.name();
                ([("collection", collection)], figure(stats) as f64)
            })
        };
        out.gauges(
            "basma_articles",
            "Articles indexed",
            each(|stats| stats.articles),
        )?;
        out.gauges(
            "basma_stories",
            "Stories indexed",
            each(|stats| stats.clusters),
        )?;
        out.gauges(
            "basma_index_bytes",
            "Memory of the index, estimated",
            each(|stats| stats.bytes),
        )?;
        out.gauges(
            "basma_spilled_bytes",
            "What is known of articles that are in a file and not in memory (resident_articles)",
            each(|stats| stats.spilled_bytes),
        )?;
        let verdicts = all.iter().flat_map(|(index, stats)| {
            let counted = VERDICTS.into_iter().zip(stats.verdicts);
            counted.map(|(given, count)| {
                let verdict = answer::verdict(given)
                    .as_str_name()
                    .trim_start_matches("VERDICT_");
                let submitted = [("collection", index.name()), ("verdict", verdict)];
                (submitted, count as f64)
            })
        });
        out.counters(
            "basma_submissions",
            "Submissions since the server started, by verdict",
            verdicts,
        )
    }
}

/// Seconds.
fn since_1970(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64()
}

impl Collector for State {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Figures(encoder);
        self.server(&mut out)?;
        self.catalog.figures(&mut out)?;
        self.collections(&mut out)?;
        process::figures(&mut out)
    }
}
