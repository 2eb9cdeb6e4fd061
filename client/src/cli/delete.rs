//! `basma delete`

use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::{
    failure::{Exit, Failure, complain},
    session::Session,
};
use crate::{Error, output::write_json};

/// Delete articles from the index: they match nothing from then on
#[derive(Debug, Args)]
pub(super) struct Delete {
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

#[derive(Serialize)]
struct Deleted<'a> {
    id: &'a str,
    deleted: bool,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let mut exit = Exit::DONE;
        let mut out = session.stdout();
        for id in &self.ids {
            let deleted = match session.client.delete(id).await {
                Ok(()) => true,
                // One that is refused does not keep the others.
                Err(Error::Refused(refusal)) => {
                    complain(&format!("{id}: {refusal}"));
                    exit = Exit::Errors;
                    false
                }
                Err(error) => return Err(error.into()),
            };
            if session.json {
                write_json(&mut out, &Deleted { id, deleted })?;
            } else if deleted {
                writeln!(out, "deleted {}", session.style.foreign(id))?;
            }
            out.flush()?;
        }
        Ok(exit)
    }
}
