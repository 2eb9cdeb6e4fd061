//! `basma compare`

use std::{io::Write, path::Path};

use basma_proto::v1::{
    Article, CompareResponse, CompareSide, Evidence, Segment, article::Body, compare_side::Side,
    segment::Kind,
};
use clap::Args;
use prost_types::Timestamp;
use serde::Serialize;

use super::{
    article::{date, is_text},
    failure::{Exit, Failure},
    session::Session,
};
use crate::{
    input::{Text, read_text},
    output::{
        Align, Cell, FingerprintLine, HEAD, Table, optional_share, relation_name, write_json,
        write_segments,
    },
};

/// Set two texts side by side: what they share and where they differ
///
/// A and B are .txt files, `-` for stdin, or else ids of indexed articles. Words that only A has
/// are shown red or as [-…-], words that only B has green or as {+…+}. Words that both have, but written
/// otherwise (tashkeel, hamzas, digits: what folding takes away), are shown as A has them, yellow or as
/// [~…~].
///
/// Titles and dates count as they do when articles are submitted; an indexed article has its own.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// A file or an id
    #[arg(required_unless_present = "text_a")]
    a: Option<String>,
    /// A file or an id
    #[arg(required_unless_present_any = ["text_a", "text_b"])]
    b: Option<String>,
    /// The first text itself; then the only A is B
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    text_a: Option<String>,
    /// The second text itself
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    text_b: Option<String>,
    /// The first text's headline
    #[arg(long, value_name = "TITLE")]
    title_a: Option<String>,
    /// The second text's headline
    #[arg(long, value_name = "TITLE")]
    title_b: Option<String>,
    /// When the first text was published: RFC 3339, or YYYY-MM-DD HH:MM:SS or YYYY-MM-DD as UTC
    #[arg(long, value_name = "DATE", value_parser = date)]
    date_a: Option<Timestamp>,
    /// When the second text was published
    #[arg(long, value_name = "DATE", value_parser = date)]
    date_b: Option<Timestamp>,
    /// Show long equal passages in full
    #[arg(long)]
    full: bool,
    /// The charset of the files, if it is not UTF-8
    #[arg(long)]
    charset: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    relation: Option<&'static str>,
    hamming: Option<u32>,
    jaccard: Option<f64>,
    containment: Option<f64>,
    contained: Option<f64>,
    words: Option<f64>,
    specificity: Option<f64>,
    subject: Option<f64>,
    contradicted: Option<f64>,
    score: Option<f64>,
    a: Option<FingerprintLine<'a>>,
    b: Option<FingerprintLine<'a>>,
    segments: Vec<SegmentLine>,
}

/// Half-open ranges of bytes of the texts.
#[derive(Serialize)]
struct SegmentLine {
    kind: &'static str,
    a: Option<[u32; 2]>,
    b: Option<[u32; 2]>,
}

impl From<&Segment> for SegmentLine {
    fn from(segment: &Segment) -> Self {
        let kind = match segment.kind() {
            Kind::Equal | Kind::Unspecified => "EQUAL",
            Kind::OnlyA => "ONLY_A",
            Kind::OnlyB => "ONLY_B",
            Kind::Folded => "FOLDED",
        };
        let a = segment
            .a
            .as_ref()
            .map(|range| [range.start_byte, range.end_byte]);
        let b = segment
            .b
            .as_ref()
            .map(|range| [range.start_byte, range.end_byte]);
        Self { kind, a, b }
    }
}

impl Compare {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let charset = self.charset.as_deref();
        let mut names = [self.a, self.b].into_iter().flatten();
        let mut side = |text: Option<String>| match text {
            Some(text) => Ok(Given::Body(Body::Text(text))),
            None => match names.next() {
                Some(name) => named(name, charset),
                None => Err(Failure::Other("two texts are needed to compare".to_owned())),
            },
        };
        let a = side(self.text_a)?.described(self.title_a, self.date_a)?;
        let b = side(self.text_b)?.described(self.title_b, self.date_b)?;
        if names.next().is_some() {
            return Err(Failure::Other("more than two texts to compare".to_owned()));
        }
        let [in_a, in_b] = [a, b].map(|side| CompareSide { side: Some(side) });
        let response = session.client.compare(in_a.clone(), in_b.clone()).await?;
        let mut out = session.stdout();
        if session.json {
            write_json(&mut out, &line(&response))?;
        } else {
            evidence(&response).write(&mut out, session.style)?;
            if !response.segments.is_empty() {
                writeln!(out)?;
                let (a, b) = (text(session, in_a).await?, text(session, in_b).await?);
                let [a, b] = [a.as_deref(), b.as_deref()];
                write_segments(&mut out, session.style, &response.segments, a, b, self.full)?;
            }
        }
        out.flush()?;
        Ok(Exit::DONE)
    }
}

/// What a side of the comparison is.
enum Given {
    Id(String),
    Body(Body),
}

fn named(name: String, charset: Option<&str>) -> Result<Given, Failure> {
    let path = Path::new(&name);
    if name != "-" && !(is_text(path) && path.exists()) {
        return Ok(Given::Id(name));
    }
    Ok(Given::Body(match read_text(path, charset)? {
        Text::Utf8(text) => Body::Text(text),
        Text::Encoded(text) => Body::EncodedText(text),
    }))
}

impl Given {
    /// It with what is said of it, which can be said of a text only.
    fn described(
        self,
        title: Option<String>,
        publish_time: Option<Timestamp>,
    ) -> Result<Side, Failure> {
        match self {
            Self::Body(body) => Ok(Side::Article(Article {
                body: Some(body),
                title: title.unwrap_or_default(),
                publish_time,
                ..Article::default()
            })),
            Self::Id(id) if title.is_none() && publish_time.is_none() => Ok(Side::Id(id)),
            Self::Id(id) => Err(Failure::Other(format!(
                "{id} is the id of an indexed article, which has its own title and date"
            ))),
        }
    }
}

/// The text, if it is at hand in UTF-8 or kept.
async fn text(session: &Session, side: CompareSide) -> Result<Option<String>, Failure> {
    Ok(match side.side {
        Some(Side::Article(Article {
            body: Some(Body::Text(text)),
            ..
        })) => Some(text),
        Some(Side::Id(id)) => session.client.get(&id, true).await?.text,
        _ => None,
    })
}

fn evidence(response: &CompareResponse) -> Table<2> {
    let none = Evidence::default();
    let evidence = response.evidence.as_ref().unwrap_or(&none);
    let mut table = Table::new([("", Align::Left), ("", Align::Left)]);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            table.row([Cell::painted(name, HEAD), value.into()]);
        }
    };
    let relation = response
        .relation
        .map(|_| relation_name(response.relation()));
    row("relation", relation.unwrap_or("none").to_owned());
    let distance = evidence.hamming_distance;
    row(
        "distance",
        distance
            .map(|bits| format!("{bits} of 64 bits"))
            .unwrap_or_default(),
    );
    row("jaccard", optional_share(evidence.jaccard));
    row("of A in B", optional_share(evidence.containment));
    row("of B in A", optional_share(evidence.contained));
    row("words shared", optional_share(evidence.words));
    row("subject shared", optional_share(evidence.subject));
    row("specificity", optional_score(evidence.specificity));
    let contradicted = evidence.contradicted.filter(|share| *share > 0.0);
    row("contradicted", optional_share(contradicted));
    row("score", optional_score(evidence.score));
    let folded = response
        .segments
        .iter()
        .filter(|segment| segment.kind() == Kind::Folded);
    let folded: u32 = folded
        .filter_map(|segment| segment.a.as_ref()?.tokens.as_ref())
        .map(|words| words.end.saturating_sub(words.start))
        .sum();
    if !response.segments.is_empty() {
        let words = if folded == 1 { "word" } else { "words" };
        row("folded away", format!("differences in {folded} {words}"));
    }
    if let (Some(a), Some(b)) = (&response.a, &response.b) {
        row("words", format!("{} and {}", a.token_count, b.token_count));
        row(
            "simhash",
            format!("{} and {}", a.simhash_hex, b.simhash_hex),
        );
    }
    table
}

fn optional_score(score: Option<f64>) -> String {
    score.map(|score| format!("{score:.2}")).unwrap_or_default()
}

fn line(response: &CompareResponse) -> Line<'_> {
    let evidence = response.evidence.as_ref();
    Line {
        relation: response
            .relation
            .map(|_| relation_name(response.relation())),
        hamming: evidence.and_then(|evidence| evidence.hamming_distance),
        jaccard: evidence.and_then(|evidence| evidence.jaccard),
        containment: evidence.and_then(|evidence| evidence.containment),
        contained: evidence.and_then(|evidence| evidence.contained),
        words: evidence.and_then(|evidence| evidence.words),
        specificity: evidence.and_then(|evidence| evidence.specificity),
        subject: evidence.and_then(|evidence| evidence.subject),
        contradicted: evidence.and_then(|evidence| evidence.contradicted),
        score: evidence.and_then(|evidence| evidence.score),
        a: response.a.as_ref().map(FingerprintLine::from),
        b: response.b.as_ref().map(FingerprintLine::from),
        segments: response.segments.iter().map(SegmentLine::from).collect(),
    }
}
