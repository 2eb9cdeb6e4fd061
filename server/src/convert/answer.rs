//! What the engine says, for a caller.

use basma_engine::{Answer, Evidence, FOLD_VERSION, Fingerprint, Match, Relation, Verdict};
use basma_proto::v1;

use super::{decimal, time};

pub(crate) fn answer(id: &str, answer: Answer) -> v1::Answer {
    let canonical_id = answer
        .canonical_id
        .map_or_else(|| id.to_owned(), String::from);
    v1::Answer {
        id: id.to_owned(),
        verdict: verdict(answer.verdict).into(),
        canonical_id,
        fingerprint: Some(fingerprint(&answer.fingerprint)),
        matches: matches(answer.matches),
        truncated: answer.truncated,
        resubmission: answer.resubmission,
        revision: answer.revision,
    }
}

pub(crate) fn matches(matches: Vec<Match>) -> Vec<v1::Match> {
    matches.into_iter().map(found).collect()
}

fn found(found: Match) -> v1::Match {
    let article = &found.article;
    v1::Match {
        id: article.id.to_string(),
        relation: relation(found.relation).into(),
        evidence: Some(evidence(found.evidence)),
        canonical_id: found.canonical_id.into(),
        title: article.metadata.title.to_string(),
        source: article.metadata.source.to_string(),
        url: article.metadata.url.to_string(),
        publish_time: article.metadata.published.map(time::write),
        first_seen_time: Some(time::write(article.first_seen)),
    }
}

pub(crate) fn evidence(evidence: Evidence) -> v1::Evidence {
    let passage = |words: std::ops::Range<u32>| v1::Passage {
        query: Some(v1::TokenRange {
            start: words.start,
            end: words.end,
        }),
        r#match: None,
    };
    v1::Evidence {
        hamming_distance: evidence.hamming,
        jaccard: evidence.jaccard.map(decimal),
        containment: evidence.containment.map(decimal),
        contained: evidence.contained.map(decimal),
        words: evidence.words.map(decimal),
        specificity: evidence.specificity.map(decimal),
        subject: evidence.subject.map(decimal),
        contradicted: evidence.contradicted.map(decimal),
        score: evidence.score.map(decimal),
        passages: evidence.passages.into_iter().map(passage).collect(),
    }
}

pub(crate) fn fingerprint(fingerprint: &Fingerprint) -> v1::Fingerprint {
    v1::Fingerprint {
        fold_version: FOLD_VERSION,
        token_count: fingerprint.tokens,
        exact_hash: fingerprint.exact.to_string(),
        simhash: fingerprint.simhash.0,
        simhash_hex: fingerprint.simhash.to_string(),
        sketch_size: fingerprint.sketch,
    }
}

pub(crate) fn verdict(verdict: Verdict) -> v1::Verdict {
    match verdict {
        Verdict::Related(Relation::Exact) => v1::Verdict::Exact,
        Verdict::Related(Relation::NearDuplicate) => v1::Verdict::NearDuplicate,
        Verdict::Related(Relation::ContainedIn) => v1::Verdict::ContainedIn,
        Verdict::Related(Relation::Contains) => v1::Verdict::Contains,
        Verdict::Related(Relation::Partial) => v1::Verdict::Partial,
        Verdict::Related(Relation::Template) => v1::Verdict::Template,
        Verdict::New => v1::Verdict::New,
    }
}

pub(crate) fn relation(relation: Relation) -> v1::Relation {
    match relation {
        Relation::Exact => v1::Relation::Exact,
        Relation::NearDuplicate => v1::Relation::NearDuplicate,
        Relation::ContainedIn => v1::Relation::ContainedIn,
        Relation::Contains => v1::Relation::Contains,
        Relation::Partial => v1::Relation::Partial,
        Relation::Template => v1::Relation::Template,
    }
}
