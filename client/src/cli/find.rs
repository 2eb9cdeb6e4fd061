//! `basma find`

use std::io::Write;

use basma_proto::v1::find_duplicates_request::Query;
use clap::{ArgGroup, Args};
use serde::Serialize;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::output::{MatchLine, write_json, write_matches};

/// List what is indexed near an article or a SimHash
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("query").required(true))]
pub(super) struct Find {
    /// Near this indexed article; without --distance, whatever is related to it
    #[arg(group = "query")]
    id: Option<String>,
    /// Near this SimHash: 16 hexadecimal digits
    #[arg(long, group = "query", value_name = "HEX", requires = "distance", value_parser = simhash)]
    simhash: Option<String>,
    /// Greatest Hamming distance, 0 to 12
    #[arg(long, short = 'k', value_name = "K")]
    distance: Option<u32>,
    /// How many matches to list at most; 0 for the server's default
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_matches: u32,
}

#[derive(Serialize)]
struct Found<'a> {
    matches: Vec<MatchLine<'a>>,
    truncated: bool,
}

impl Find {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let query = match (self.id, self.simhash) {
            (_, Some(simhash)) => Query::SimhashHex(simhash),
            (id, None) => Query::Id(id.unwrap_or_default()),
        };
        let found = session
            .client
            .find(query, self.distance, self.max_matches)
            .await?;
        let mut out = session.stdout();
        if session.json {
            let matches = MatchLine::all(&found.matches, true);
            write_json(
                &mut out,
                &Found {
                    matches,
                    truncated: found.truncated,
                },
            )?;
        } else if found.matches.is_empty() {
            writeln!(out, "nothing is near it")?;
        } else {
            write_matches(&mut out, session.style, &found.matches, found.truncated)?;
        }
        out.flush()?;
        Ok(Exit::DONE)
    }
}

fn simhash(text: &str) -> Result<String, String> {
    let digits = text.trim_start_matches("0x");
    match u64::from_str_radix(digits, 16) {
        Ok(_) if digits.len() == 16 => Ok(digits.to_ascii_lowercase()),
        _ => Err("a SimHash has 16 hexadecimal digits".to_owned()),
    }
}
