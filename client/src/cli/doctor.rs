//! `basma doctor`

mod security;

use std::{io::Write, time::Instant};

use basma_engine::FOLD_VERSION;
use basma_proto::v1::{Article, article, fingerprint_request};
use clap::Args;
use serde::Serialize;
use tonic_health::pb::health_check_response::ServingStatus;

use super::{
    failure::{Exit, Failure, next_step},
    session::Session,
};
use crate::{
    Error,
    client::Client,
    output::{Align, Cell, CollectionLine, HEAD, Table, clean, count, write_json},
    retry::RetryPolicy,
};

/// Check that the server can be used, and say what to do where it cannot
///
/// A line for each check; exit status 0 if none failed, 2 if one did. Nothing is changed.
#[derive(Debug, Args)]
pub(super) struct Doctor {}

/// A check and what it found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    status: Status,
    found: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// It works, but somebody should know.
    Warn,
    Fail,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Ok,
            found: found.into(),
            next: None,
        }
    }

    fn warn(check: &'static str, found: impl Into<String>, next: &str) -> Self {
        Self {
            status: Status::Warn,
            next: Some(next.to_owned()),
            ..Self::ok(check, found)
        }
    }

    fn fail(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            status: Status::Fail,
            next: Some(next.into()),
            ..Self::ok(check, found)
        }
    }

    /// The error in words, which say what to do where they can.
    fn error(check: &'static str, error: &Error) -> Self {
        let found = Self {
            status: Status::Fail,
            ..Self::ok(check, error.to_string())
        };
        let next = match error {
            Error::Refused(refusal) => next_step(&refusal.reason).map(str::to_owned),
            _ => None,
        };
        Self { next, ..found }
    }
}

impl Doctor {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        // Whoever asks wants to know how it is now.
        let client = session.client.clone().with_retry(RetryPolicy::NEVER);
        let mut findings = vec![security::tls(&client).await];
        match serving(&client).await {
            Ok(serving) => {
                findings.push(serving);
                findings.push(security::access(&client).await);
                findings.extend(examine(&client).await);
            }
            Err(finding) => findings.push(finding),
        }

        let mut out = session.stdout();
        if session.json {
            for finding in &findings {
                write_json(&mut out, finding)?;
            }
        } else {
            let columns = [("", Align::Left), ("", Align::Left), ("", Align::Left)];
            let mut table = Table::new(columns);
            for finding in &findings {
                let status = match finding.status {
                    Status::Ok => "ok",
                    Status::Warn => "warn",
                    Status::Fail => "FAIL",
                };
                let found = clean(&finding.found).into_owned();
                table.row([status.into(), finding.check.into(), found.into()]);
                if let Some(next) = &finding.next {
                    table.row([
                        "".into(),
                        "".into(),
                        Cell::painted(format!("→ {next}"), HEAD),
                    ]);
                }
            }
            table.write(&mut out, session.style)?;
        }
        out.flush()?;
        let failed = findings
            .iter()
            .any(|finding| finding.status == Status::Fail);
        Ok(if failed { Exit::Errors } else { Exit::DONE })
    }
}

/// Whether there is a server, and takes calls.
async fn serving(client: &Client) -> Result<Finding, Finding> {
    let start = Instant::now();
    match client.health("").await {
        Ok(ServingStatus::Serving) => Ok(Finding::ok(
            "server",
            format!(
                "{} is serving, answered in {:.1} ms",
                client.server(),
                start.elapsed().as_secs_f64() * 1e3
            ),
        )),
        Ok(status) => Err(Finding::fail(
            "server",
            format!("{} says {}", client.server(), status.as_str_name()),
            "it is starting or stopping: try again in a moment, and see its log",
        )),
        Err(error) => Err(Finding::error("server", &error)),
    }
}

/// What a server that serves can be asked.
async fn examine(client: &Client) -> Vec<Finding> {
    let mut findings = Vec::new();
    match client.get_collection(client.collection()).await {
        Ok(collection) => {
            let line = serde_json::to_value(CollectionLine::from(&collection)).unwrap_or_default();
            let settings = line.as_object().into_iter().flatten();
            let settings = settings.filter(|(name, value)| {
                !value.is_null() && !["name", "created"].contains(&name.as_str())
            });
            let settings: Vec<_> = settings
                .map(|(name, value)| format!("{name} {}", value.to_string().trim_matches('"')))
                .collect();
            findings.push(Finding::ok("collection", client.collection().to_owned()));
            findings.push(Finding::ok("settings", settings.join(", ")));
        }
        Err(error) => {
            findings.push(Finding::error("collection", &error));
            return findings;
        }
    }
    match client.stats().await {
        Ok(stats) => {
            findings.push(version(&stats.server_version));
            findings.push(Finding::ok("articles", count(stats.article_count)));
        }
        Err(error) => findings.push(Finding::error("version", &error)),
    }
    match client
        .fingerprint(fingerprint_request::Body::Text("بصمة".to_owned()))
        .await
    {
        Ok(response) => {
            let theirs = response.fingerprint.map_or(0, |print| print.fold_version);
            findings.push(if theirs == FOLD_VERSION {
                Finding::ok("folding", format!("version {theirs}, as here"))
            } else {
                Finding::warn("folding", format!("version {theirs}, here {FOLD_VERSION}"), "`basma dedup` and `evaluate` may decide otherwise than the server: use the same release")
            });
        }
        Err(error) => findings.push(Finding::error("folding", &error)),
    }
    let start = Instant::now();
    let article = Article {
        body: Some(article::Body::Text(
            "هل تصل هذه الكلمات إلى الخادم ويعود جوابه كما ينبغي".to_owned(),
        )),
        ..Article::default()
    };
    findings.push(match client.check(article, 1).await {
        Ok(_) => Finding::ok(
            "check",
            format!(
                "a text was checked in {:.1} ms",
                start.elapsed().as_secs_f64() * 1e3
            ),
        ),
        Err(error) => Finding::error("check", &error),
    });
    findings
}

/// Versions of which the first part that is not 0 differs do not promise to understand each other.
fn version(theirs: &str) -> Finding {
    let ours = env!("CARGO_PKG_VERSION");
    let promise = |version: &str| -> Vec<String> {
        let mut parts: Vec<String> = version.split('.').map(str::to_owned).collect();
        parts.truncate(if parts[0] == "0" { 2 } else { 1 });
        parts
    };
    if promise(ours) == promise(theirs) {
        Finding::ok("version", format!("server {theirs}, basma {ours}"))
    } else {
        Finding::fail(
            "version",
            format!("server {theirs}, basma {ours}"),
            "install the same release on both sides",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_release_may_not_understand() {
        assert_eq!(version(env!("CARGO_PKG_VERSION")).status, Status::Ok);
        assert_eq!(version("99.1.0").status, Status::Fail);
        assert_eq!(version("").status, Status::Fail);
    }
}
