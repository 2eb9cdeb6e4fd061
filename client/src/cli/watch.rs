//! `basma watch`
//!
//! What is shown is asked for anew every time: counts from `GetStats`, articles from the end of
//! `ListArticles`. So it is what the server has, and nothing on the server is the wiser for it.

mod seen;
mod tail;
mod view;

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use basma_proto::v1::GetStatsResponse;
use clap::Args;
use tokio::time::{MissedTickBehavior, interval};

use self::{seen::Seen, tail::Tail, view::Screen};
use super::{
    duration,
    failure::{Exit, Failure, complain},
    session::Session,
};

/// Pages of the list that are read between two views while the end is not reached.
const PAGES: usize = 20;

/// Watch what is submitted: rate, verdicts, top sources, latest duplicates
///
/// On a terminal a view that is drawn anew; elsewhere a line each time, and one for each new
/// duplicate; with --json an object each time. To know sources and the latest articles it reads the list of
/// all articles once. It ends with Ctrl-C.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// How long to wait between two views
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::parse)]
    interval: Duration,
    /// End after so many views
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
}

/// What was counted, and how fast it grows.
#[derive(Debug, Default)]
struct Pulse {
    stats: GetStatsResponse,
    /// Submissions a second since the view before, by verdict, in the order of the statistics; empty for
    /// the first view, and when the server was started anew.
    rates: Vec<f64>,
    at: Option<Instant>,
}

impl Pulse {
    fn next(self, stats: GetStatsResponse) -> Self {
        let now = Instant::now();
        let seconds = self
            .at
            .map(|at| now.duration_since(at).as_secs_f64().max(1e-3));
        let same = self.stats.start_time == stats.start_time
            && self.stats.verdicts.len() == stats.verdicts.len();
        let rates = match seconds {
            Some(seconds) if same => {
                let pairs = stats.verdicts.iter().zip(&self.stats.verdicts);
                pairs
                    .map(|(now, before)| now.count.saturating_sub(before.count) as f64 / seconds)
                    .collect()
            }
            _ => Vec::new(),
        };
        Self {
            stats,
            rates,
            at: Some(now),
        }
    }

    /// Submissions a second.
    fn rate(&self) -> Option<f64> {
        (!self.rates.is_empty()).then(|| self.rates.iter().sum())
    }
}

impl Watch {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        // The first time a server that is not there is an error; later it is waited for.
        let stats = session.client.stats().await?;
        let mut pulse = Pulse::default().next(stats);
        let (mut tail, mut seen) = (Tail::default(), Seen::default());
        let screen = (!session.json && io::stdout().is_terminal())
            .then(Screen::open)
            .transpose()?;
        let mut ticks = interval(self.interval.max(Duration::from_millis(100)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut trouble = String::new();
        for view in 1.. {
            if trouble.is_empty()
                && let Err(error) = tail
                    .read(&session.client, PAGES, |article| seen.add(article))
                    .await
            {
                trouble = error.to_string();
            }
            let mut out = session.stdout();
            match &screen {
                Some(screen) => screen.draw(&mut out, session, &pulse, &seen, &tail, &trouble)?,
                None if session.json => view::write_json(&mut out, &pulse, &seen, &tail)?,
                None => view::write_lines(&mut out, session.style, &pulse, &seen)?,
            }
            out.flush()?;
            drop(out);
            seen.forget_fresh();
            if self.count == Some(view) {
                break;
            }
            tokio::select! {
                _ = tokio::signal::ctrl_c() => break,
                _ = ticks.tick() => {}
            }
            match session.client.stats().await {
                Ok(stats) => {
                    pulse = pulse.next(stats);
                    trouble.clear();
                }
                Err(error) => {
                    trouble = error.to_string();
                    if screen.is_none() {
                        complain(&trouble);
                    }
                }
            }
        }
        Ok(Exit::DONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use basma_proto::v1::VerdictCount;

    fn stats(new: u64, start: i64) -> GetStatsResponse {
        GetStatsResponse {
            verdicts: vec![VerdictCount {
                verdict: "NEW".to_owned(),
                count: new,
            }],
            start_time: Some(prost_types::Timestamp {
                seconds: start,
                nanos: 0,
            }),
            ..GetStatsResponse::default()
        }
    }

    #[test]
    fn a_server_that_was_started_anew_has_no_rate_yet() {
        let pulse = Pulse::default().next(stats(10, 1));
        assert_eq!(pulse.rate(), None);
        let pulse = pulse.next(stats(30, 1));
        assert!(pulse.rate() > Some(0.0));
        assert_eq!(pulse.next(stats(5, 2)).rate(), None);
    }
}
