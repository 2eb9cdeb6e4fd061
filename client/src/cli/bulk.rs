//! Files of articles: a thread reads them, the server answers, a line is written for each.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use basma_proto::v1::{Article, article::Body, item_result};
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio_stream::wrappers::ReceiverStream;

use super::{
    article::ArticleArgs,
    failure::{Failure, complain},
    files::create,
    progress::Progress,
    session::Session,
    summary::Summary,
};
use crate::{
    Error,
    client::Window,
    error::Refusal,
    input::{Articles, Fields},
    output::{clean, write_line},
};

/// Articles that are read ahead of what is under way.
const READ_AHEAD: usize = 64;

/// No other article would fare better.
const COLLECTION_NOT_FOUND: &str = "COLLECTION_NOT_FOUND";

/// What is asked about each article.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    /// Check and add, over one stream.
    Submit,
    /// Check only, in batches.
    Check,
}

/// What the reading thread has met so far.
#[derive(Debug, Default)]
struct Reading {
    text_bytes: AtomicU64,
    broken: AtomicU64,
    unreadable_dates: AtomicU64,
}

/// Asks about every article of `files`, writes the answers in their order, and prints a summary.
///
/// # Errors
/// Those that end the run; of single lines and articles only the number is in the summary.
pub(super) async fn run(
    session: &Session,
    call: Call,
    files: Vec<PathBuf>,
    fields: Fields,
    args: &ArticleArgs,
) -> Result<Summary, Failure> {
    let mut out = open_output(args.output.as_deref())?;
    let progress = Progress::new(&files, args.output.is_some());
    let reading = Arc::new(Reading::default());
    let articles = read(
        Articles::new(files, fields, progress.bytes_read()),
        &reading,
        &progress,
    );
    let client = session.client.clone();
    let mut answers = match call {
        Call::Submit => client.submit_stream(
            ReceiverStream::new(articles),
            args.max_matches,
            Window::default(),
        ),
        Call::Check => client.check_all(articles, args.max_matches),
    }
    .into_inner();

    let mut summary = Summary::start();
    let failure = loop {
        let answer = match answers.try_recv() {
            Err(TryRecvError::Empty) => {
                // Whoever waits for answers gets them before the next wait.
                out.flush()?;
                answers.recv().await
            }
            answer => answer.ok(),
        };
        let result = match answer {
            Some(Ok(result)) => result,
            Some(Err(error)) => break Some(error),
            None => break None,
        };
        match &result.result {
            Some(item_result::Result::Answer(answer)) => summary.answered(answer),
            Some(item_result::Result::Error(error)) => {
                let refusal = Refusal::from(error.clone());
                if refusal.reason == COLLECTION_NOT_FOUND {
                    break Some(Error::Refused(Box::new(refusal)));
                }
                summary.refused();
                progress.say(&clean(&format!(
                    "basma: article `{}` refused: {refusal}",
                    result.id
                )));
            }
            None => summary.refused(),
        }
        write_line(&mut out, &result)?;
        progress.show(summary.articles());
    };
    out.flush()?;
    progress.finish();
    summary.read(
        reading.text_bytes.load(Relaxed),
        reading.broken.load(Relaxed),
    );
    summary.print()?;
    let unreadable_dates = reading.unreadable_dates.load(Relaxed);
    if unreadable_dates > 0 {
        complain(&format!(
            "{unreadable_dates} unreadable dates were left out (see --date-field)"
        ));
    }
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    if summary.has_errors() {
        complain(&summary.errors());
    }
    Ok(summary)
}

fn open_output(path: Option<&Path>) -> Result<Box<dyn Write>, Failure> {
    match path {
        None => Ok(Box::new(BufWriter::new(io::stdout()))),
        Some(path) => Ok(Box::new(BufWriter::new(create(path)?))),
    }
}

/// Reads in a thread of its own, which ends with the files or when nobody takes articles any more.
fn read(
    mut articles: Articles,
    reading: &Arc<Reading>,
    progress: &Progress,
) -> mpsc::Receiver<Article> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let (reading, progress) = (Arc::clone(reading), progress.clone());
    thread::spawn(move || {
        while let Some(item) = articles.next() {
            reading
                .unreadable_dates
                .store(articles.unreadable_dates(), Relaxed);
            match item {
                Ok(article) => {
                    reading.text_bytes.fetch_add(text_bytes(&article), Relaxed);
                    if sender.blocking_send(article).is_err() {
                        return;
                    }
                }
                Err(broken) => {
                    reading.broken.fetch_add(1, Relaxed);
                    progress.say(&clean(&broken.to_string()));
                }
            }
        }
    });
    receiver
}

fn text_bytes(article: &Article) -> u64 {
    match &article.body {
        Some(Body::Text(text)) => text.len() as u64,
        _ => 0,
    }
}
