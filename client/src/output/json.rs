//! Lines of JSON for machines. No marks, no colours, and the text as it is.

use std::io::{self, Write};

use basma_proto::v1::{
    Answer, Evidence, Fingerprint, ItemResult, Match, Relation, Verdict, item_result,
};
use serde::Serialize;
use tonic::Code;

use super::format::rfc3339;
use crate::error::code_name;

/// The verdict as it is printed everywhere: `NEAR_DUPLICATE`.
pub(crate) fn verdict_name(verdict: Verdict) -> &'static str {
    let name = verdict.as_str_name();
    name.strip_prefix("VERDICT_").unwrap_or(name)
}

/// The relation as it is printed everywhere: `NEAR_DUPLICATE`.
pub(crate) fn relation_name(relation: Relation) -> &'static str {
    let name = relation.as_str_name();
    name.strip_prefix("RELATION_").unwrap_or(name)
}

/// What became of one article.
#[derive(Debug, Serialize)]
pub(crate) struct ResultLine<'a> {
    id: &'a str,
    verdict: &'static str,
    canonical_id: &'a str,
    simhash: Option<&'a str>,
    matches: Vec<MatchLine<'a>>,
    /// There were more matches than were asked for.
    #[serde(skip_serializing_if = "is_false")]
    truncated: bool,
}

impl<'a> ResultLine<'a> {
    /// With the evidence of each match; `described`: with its title, source and address, too.
    pub(crate) fn new(answer: &'a Answer, described: bool) -> Self {
        Self {
            id: &answer.id,
            verdict: verdict_name(answer.verdict()),
            canonical_id: &answer.canonical_id,
            simhash: answer
                .fingerprint
                .as_ref()
                .map(|print| print.simhash_hex.as_str()),
            matches: MatchLine::all(&answer.matches, described),
            truncated: answer.truncated,
        }
    }
}

/// A match and its evidence; what could not be measured is null.
#[derive(Debug, Serialize)]
pub(crate) struct MatchLine<'a> {
    id: &'a str,
    relation: &'static str,
    hamming: Option<u32>,
    jaccard: Option<f64>,
    containment: Option<f64>,
    contained: Option<f64>,
    /// What the relation was decided by.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    first_seen: Option<String>,
    /// Half-open ranges of words of the article that was asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passages: Vec<[u32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    description: Option<Description<'a>>,
}

#[derive(Debug, Serialize)]
struct Description<'a> {
    canonical_id: &'a str,
    title: &'a str,
    source: &'a str,
    url: &'a str,
    published: Option<String>,
}

impl<'a> MatchLine<'a> {
    /// One for each match; `described` as in [`ResultLine::new`].
    pub(crate) fn all(matches: &'a [Match], described: bool) -> Vec<Self> {
        matches
            .iter()
            .map(|found| Self::new(found, described))
            .collect()
    }

    fn new(found: &'a Match, described: bool) -> Self {
        let none = Evidence::default();
        let evidence = found.evidence.as_ref().unwrap_or(&none);
        let words = evidence
            .passages
            .iter()
            .filter_map(|passage| passage.query.as_ref());
        Self {
            id: &found.id,
            relation: relation_name(found.relation()),
            hamming: evidence.hamming_distance,
            jaccard: evidence.jaccard,
            containment: evidence.containment,
            contained: evidence.contained,
            score: evidence.score,
            first_seen: rfc3339(found.first_seen_time.as_ref()),
            passages: words.map(|words| [words.start, words.end]).collect(),
            description: described.then(|| Description {
                canonical_id: &found.canonical_id,
                title: &found.title,
                source: &found.source,
                url: &found.url,
                published: rfc3339(found.publish_time.as_ref()),
            }),
        }
    }
}

/// What a text became.
#[derive(Debug, Serialize)]
pub(crate) struct FingerprintLine<'a> {
    fold_version: u32,
    token_count: u32,
    exact_hash: &'a str,
    simhash: &'a str,
    sketch_size: u32,
}

impl<'a> From<&'a Fingerprint> for FingerprintLine<'a> {
    fn from(print: &'a Fingerprint) -> Self {
        Self {
            fold_version: print.fold_version,
            token_count: print.token_count,
            exact_hash: &print.exact_hash,
            simhash: &print.simhash_hex,
            sketch_size: print.sketch_size,
        }
    }
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    id: &'a str,
    error: ErrorPart<'a>,
}

#[derive(Serialize)]
struct ErrorPart<'a> {
    code: &'static str,
    reason: &'a str,
    message: &'a str,
}

/// Writes the line of one article of a file.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_line(out: &mut impl Write, result: &ItemResult) -> io::Result<()> {
    match &result.result {
        Some(item_result::Result::Answer(answer)) => {
            // The id as it was sent: the caller's key to its own article.
            write_json(
                out,
                &ResultLine {
                    id: &result.id,
                    ..ResultLine::new(answer, false)
                },
            )
        }
        Some(item_result::Result::Error(error)) => {
            let (reason, message) = (error.reason.as_str(), error.message.as_str());
            let code = code_name(Code::from(error.code));
            write_json(
                out,
                &ErrorLine {
                    id: &result.id,
                    error: ErrorPart {
                        code,
                        reason,
                        message,
                    },
                },
            )
        }
        None => {
            let (reason, message) = ("", "the server sent neither an answer nor an error");
            let code = code_name(Code::Internal);
            write_json(
                out,
                &ErrorLine {
                    id: &result.id,
                    error: ErrorPart {
                        code,
                        reason,
                        message,
                    },
                },
            )
        }
    }
}

/// Writes `value` as one line of JSON.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;
    use basma_proto::v1::{ItemError, Passage, TokenRange};

    fn line(result: &ItemResult) -> String {
        let mut out = Vec::new();
        write_line(&mut out, result).expect("memory");
        String::from_utf8(out).expect("text")
    }

    fn answer(matches: Vec<Match>) -> Answer {
        Answer {
            id: "خبر-1".to_owned(),
            verdict: Verdict::NearDuplicate.into(),
            canonical_id: "خبر-0".to_owned(),
            fingerprint: Some(Fingerprint {
                simhash_hex: "00ff00ff00ff00ff".to_owned(),
                ..Fingerprint::default()
            }),
            matches,
            ..Answer::default()
        }
    }

    fn found() -> Match {
        Match {
            id: "خبر-0".to_owned(),
            relation: Relation::NearDuplicate.into(),
            evidence: Some(Evidence {
                hamming_distance: Some(3),
                jaccard: Some(0.75),
                containment: Some(0.875),
                contained: Some(1.0),
                ..Evidence::default()
            }),
            title: "عنوان".to_owned(),
            first_seen_time: Some(prost_types::Timestamp {
                seconds: 65,
                nanos: 0,
            }),
            ..Match::default()
        }
    }

    #[test]
    fn an_answer_has_the_keys_that_scripts_rely_on() {
        let result = ItemResult {
            id: "خبر-1".to_owned(),
            result: Some(item_result::Result::Answer(answer(vec![found()]))),
        };
        assert_eq!(
            line(&result),
            concat!(
                r#"{"id":"خبر-1","verdict":"NEAR_DUPLICATE","canonical_id":"خبر-0","#,
                r#""simhash":"00ff00ff00ff00ff","matches":[{"id":"خبر-0","relation":"NEAR_DUPLICATE","#,
                r#""hamming":3,"jaccard":0.75,"containment":0.875,"contained":1.0,"#,
                r#""first_seen":"1970-01-01T00:01:05Z"}]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_is_not_measured_is_null_and_passages_are_pairs() {
        let evidence = Evidence {
            hamming_distance: Some(1),
            passages: vec![Passage {
                query: Some(TokenRange { start: 4, end: 9 }),
                r#match: None,
            }],
            ..Evidence::default()
        };
        let found = Match {
            evidence: Some(evidence),
            ..found()
        };
        let json = serde_json::to_value(ResultLine::new(&answer(vec![found]), true)).expect("json");
        let found = &json["matches"][0];
        assert!(found["jaccard"].is_null());
        assert_eq!(found["passages"], serde_json::json!([[4, 9]]));
        assert_eq!(found["title"], "عنوان");
    }

    #[test]
    fn a_refused_article_has_its_error() {
        let error = ItemError {
            code: Code::InvalidArgument.into(),
            message: "no text".to_owned(),
            reason: "TEXT_MISSING".to_owned(),
            field: "article.text".to_owned(),
        };
        let result = ItemResult {
            id: "ا".to_owned(),
            result: Some(item_result::Result::Error(error)),
        };
        assert_eq!(
            line(&result),
            concat!(
                r#"{"id":"ا","error":{"code":"INVALID_ARGUMENT","reason":"TEXT_MISSING","#,
                r#""message":"no text"}}"#,
                "\n"
            )
        );
    }
}
