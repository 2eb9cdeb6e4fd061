//! `basma migrate`

use std::{io::Write, path::PathBuf};

use basma_engine::Record;
use basma_proto::v1::{self, Collection, ExportResponse, ImportResponse};
use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::Code;

use super::{
    collections,
    credentials::Credentials,
    failure::{Exit, Failure},
    progress::Progress,
    session::Session,
};
use crate::{
    client::Client,
    error::Error,
    output::{count, write_json},
};

/// Pieces of an export that wait to be taken in.
const AHEAD: usize = 4;

/// Copy collections from this server to another, for example one that shares its index in a cluster, or back;
/// then compare both, article by article
///
/// There must be no other articles in the collections of that server. After an error it can be run again: what
/// is there already is not copied twice. Nothing should be submitted to either meanwhile; --verify says whether
/// something was.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// The server to copy to
    #[arg(long, value_name = "URL")]
    to: String,
    /// A file that holds the token for that server; without it the same credentials are used as for this one
    #[arg(long, value_name = "FILE")]
    to_token_file: Option<PathBuf>,
    /// Only this collection; can be given more than once [default: all that may be read]
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Copy nothing, only compare
    #[arg(long)]
    verify: bool,
}

/// What became of a collection.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    collection: String,
    imported: u64,
    present: u64,
    verified: u64,
    /// Whether anything was to be copied.
    #[serde(skip)]
    copies: bool,
    /// The first difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
}

impl Migrate {
    pub(super) async fn run(
        self,
        session: &Session,
        credentials: &Credentials,
    ) -> Result<Exit, Failure> {
        let to = credentials.of_another(&self.to, self.to_token_file.as_deref())?;
        let mut collections = match self.only.is_empty() {
            true => collections::all(session).await?,
            false => {
                let mut named = Vec::new();
                for name in &self.only {
                    named.push(session.client.get_collection(name).await?);
                }
                named
            }
        };
        collections.sort_by(|a, b| a.name.cmp(&b.name));
        let mut out = session.stdout();
        let mut differ = false;
        for collection in collections {
            let both = [&session.client, &to]
                .map(|client| client.clone().with_collection(&collection.name));
            let [from, to] = &both;
            let copied = match self.verify {
                true => ImportResponse::default(),
                false => {
                    prepare(to, &collection).await?;
                    copy(from, to).await?
                }
            };
            let (verified, difference) = compare(from, to).await?;
            differ |= difference.is_some();
            let outcome = Outcome {
                collection: collection.name,
                imported: copied.imported_articles,
                present: copied.present_articles,
                verified,
                copies: !self.verify,
                difference,
            };
            if session.json {
                write_json(&mut out, &outcome)?;
            } else {
                outcome.write(&mut out)?;
            }
            out.flush()?;
        }
        match differ {
            true => Err(Failure::Other(
                "not all articles are the same on both servers".to_owned(),
            )),
            false => Ok(Exit::DONE),
        }
    }
}

impl Outcome {
    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Self {
            collection,
            imported,
            present,
            verified,
            copies,
            difference,
        } = self;
        let [imported, present, verified] = [imported, present, verified].map(|n| count(*n));
        write!(out, "{collection}: ")?;
        if *copies {
            write!(out, "{imported} copied, {present} were there; ")?;
        }
        match difference {
            None => writeln!(out, "{verified} compared, all the same"),
            Some(difference) => writeln!(out, "{verified} the same, then {difference}"),
        }
    }
}

/// Makes the collection there with the settings that it has here, or gives it these.
async fn prepare(to: &Client, collection: &Collection) -> Result<(), Failure> {
    let collection = Collection {
        create_time: None,
        ..collection.clone()
    };
    match to.create_collection(collection.clone()).await {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) if refusal.code == Code::AlreadyExists => {
            let all = vec!["*".to_owned()];
            to.update_collection(collection, all).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

async fn copy(from: &Client, to: &Client) -> Result<ImportResponse, Failure> {
    let mut articles = from.export().await?;
    let (pieces, receiver) = mpsc::channel(AHEAD);
    let read = async move {
        let progress = Progress::bytes();
        let mut copied = 0;
        while let Some(some) = articles.next().await {
            let some = some?;
            copied += some.records.len() as u64;
            progress.show_count(copied, some.total_articles);
            // Whoever takes no more has an error to tell.
            if pieces.send(some).await.is_err() {
                break;
            }
        }
        progress.finish();
        Ok::<_, Error>(())
    };
    let (read, imported) = tokio::join!(read, to.import(ReceiverStream::new(receiver)));
    read?;
    Ok(imported?)
}

/// The records of an export one by one.
struct Records<S> {
    pieces: S,
    some: std::vec::IntoIter<v1::Record>,
}

impl<S: Stream<Item = Result<ExportResponse, Error>> + Unpin> Records<S> {
    fn new(pieces: S) -> Self {
        Self {
            pieces,
            some: Vec::new().into_iter(),
        }
    }

    async fn next(&mut self) -> Result<Option<(Record, Option<String>)>, Failure> {
        loop {
            if let Some(record) = self.some.next() {
                let read = Record::decode(&record.article);
                let read = read.map_err(|_| Error::Protocol("a record that is none"))?;
                return Ok(Some((read, record.text)));
            }
            match self.pieces.next().await {
                Some(some) => self.some = some?.records.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

/// Reads all articles of both, and says how many are the same up to the first that is not.
async fn compare(from: &Client, to: &Client) -> Result<(u64, Option<String>), Failure> {
    let mut ours = Records::new(from.export().await?);
    let mut theirs = Records::new(to.export().await?);
    let mut verified = 0;
    loop {
        let difference = match (ours.next().await?, theirs.next().await?) {
            (None, None) => break,
            (Some((one, text)), Some((other, other_text))) => {
                if one.is_same(&other) && text == other_text {
                    verified += 1;
                    continue;
                }
                match one.id() == other.id() {
                    true => format!("{:?} is another there", one.id()),
                    false => format!("{:?} is {:?} there", one.id(), other.id()),
                }
            }
            (Some((one, _)), None) => format!("{:?} is missing there", one.id()),
            (None, Some((other, _))) => format!("{:?} is only there", other.id()),
        };
        return Ok((verified, Some(difference)));
    }
    let [ours, theirs] = [from.stats().await?, to.stats().await?];
    let stories = (ours.cluster_count, theirs.cluster_count);
    let differ = stories.0 != stories.1;
    let difference = differ.then(|| format!("{} stories are {} there", stories.0, stories.1));
    Ok((verified, difference))
}
