//! `basma health`

use std::io::Write;

use clap::Args;
use serde::Serialize;
use tonic_health::pb::health_check_response::ServingStatus;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::{output::write_json, retry::RetryPolicy};

/// Ask whether the server takes calls (grpc.health.v1); exit status 0 if it does, 2 if not
#[derive(Debug, Args)]
pub(super) struct Health {
    /// Ask about one service, for example basma.v1.DedupService
    #[arg(default_value = "")]
    service: String,
}

#[derive(Serialize)]
struct Line {
    status: &'static str,
}

impl Health {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        // Whoever asks wants to know how it is now.
        let client = session.client.clone().with_retry(RetryPolicy::NEVER);
        let serving = client.health(&self.service).await?;
        let status = serving.as_str_name();
        let mut out = session.stdout();
        if session.json {
            write_json(&mut out, &Line { status })?;
        } else {
            writeln!(out, "{status}")?;
        }
        out.flush()?;
        Ok(if serving == ServingStatus::Serving {
            Exit::DONE
        } else {
            Exit::Errors
        })
    }
}
