//! `basma fingerprint`

use std::{io::Write, path::PathBuf};

use basma_proto::v1::fingerprint_request::Body;
use clap::Args;
use serde::Serialize;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::{
    Error,
    input::{Text, read_text},
    output::{Align, Cell, FingerprintLine, HEAD, Table, count, write_json},
};

/// Show what a text becomes: its folded words and its fingerprint
#[derive(Debug, Args)]
pub(super) struct Fingerprint {
    /// The text in a file, `-` for stdin
    #[arg(required_unless_present = "text")]
    file: Option<PathBuf>,
    /// The text itself, instead of a file
    #[arg(long, conflicts_with = "file", allow_hyphen_values = true)]
    text: Option<String>,
    /// The charset of the file, if it is not UTF-8
    #[arg(long)]
    charset: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    fingerprint: FingerprintLine<'a>,
    folded_text: &'a str,
}

impl Fingerprint {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let body = match (self.text, self.file) {
            (Some(text), _) => Body::Text(text),
            (None, file) => match read_text(&file.unwrap_or_default(), self.charset.as_deref())? {
                Text::Utf8(text) => Body::Text(text),
                Text::Encoded(text) => Body::EncodedText(text),
            },
        };
        let response = session.client.fingerprint(body).await?;
        let print = response
            .fingerprint
            .ok_or(Error::Protocol("no fingerprint and no error"))?;
        let mut out = session.stdout();
        if session.json {
            let fingerprint = FingerprintLine::from(&print);
            write_json(
                &mut out,
                &Line {
                    fingerprint,
                    folded_text: &response.folded_text,
                },
            )?;
        } else {
            let mut table = Table::new([("", Align::Left), ("", Align::Left)]);
            let mut row = |name: &str, value: String| {
                table.row([Cell::painted(name, HEAD), value.into()]);
            };
            row("words", count(print.token_count.into()));
            row("simhash", print.simhash_hex);
            row("exact hash", print.exact_hash);
            row(
                "sketch",
                format!("{} hashes", count(print.sketch_size.into())),
            );
            row("fold version", print.fold_version.to_string());
            table.write(&mut out, session.style)?;
            writeln!(out, "\n{}", session.style.foreign(&response.folded_text))?;
        }
        out.flush()?;
        Ok(Exit::DONE)
    }
}
