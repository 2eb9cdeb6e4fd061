//! A collection that is restored from its journal answers as the one that was written down.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::{model::TEXTS, *};
use crate::{Article, Journal, Record, Restoration};

/// What a journal holds at the end of it all: the records of those who are left, and the mean.
#[derive(Debug, Default)]
pub(super) struct Pages(pub(super) Mutex<(Records, f64)>);

/// By sequence.
pub(super) type Records = Vec<(u64, Vec<u8>)>;

impl Journal for Pages {
    fn admitted(&self, article: &Arc<Article>, replaced: Option<&Arc<Article>>, usual: f64) {
        let (records, last) = &mut *self.0.lock().expect("no panic");
        let replaced = replaced.map(|replaced| replaced.sequence());
        records.retain(|(sequence, _)| Some(*sequence) != replaced);
        let mut record = Vec::new();
        Record::encode(article, replaced, usual, &mut record);
        records.push((article.sequence(), record));
        *last = usual;
    }

    fn deleted(&self, article: &Arc<Article>) {
        let (records, _) = &mut *self.0.lock().expect("no panic");
        records.retain(|(sequence, _)| *sequence != article.sequence());
    }
}

impl Pages {
    fn restore(&self, detector: Detector, next: u64) -> Collection {
        let (records, usual) = &*self.0.lock().expect("no panic");
        let mut sequences: Vec<_> = records.iter().map(|(sequence, _)| *sequence).collect();
        sequences.sort_unstable();
        let restoration =
            Restoration::new(Collection::new(detector), &sequences).expect("there is room");
        // In any order, and in any number of pieces.
        for some in records.rchunks(3) {
            let mut sheet = restoration.sheet();
            for (_, record) in some {
                sheet.add(record).expect("a record");
            }
        }
        restoration.finish(next, *usual)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Submit(usize, usize),
    Delete(usize),
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let submit = (0..12usize, 0..TEXTS.len()).prop_map(|(id, text)| Step::Submit(id, text));
    let step = prop_oneof![6 => submit, 1 => (0..12usize).prop_map(Step::Delete)];
    proptest::collection::vec(step, 1..60)
}

/// Makes a submission, and how many matches are wanted.
pub(super) fn submission<T>(
    id: usize,
    text: usize,
    now: usize,
    submit: impl FnOnce(Submission<'_>, usize) -> T,
) -> T {
    let metadata = Metadata {
        title: TEXTS[id]
            .split(' ')
            .take(4)
            .collect::<Vec<_>>()
            .join(" ")
            .into(),
        published: id.is_multiple_of(2).then_some(now as i64 * 1_000_000_000),
        ..Metadata::default()
    };
    let submission = Submission {
        id: &id.to_string(),
        text: &TEXTS[text],
        metadata: &metadata,
        now: now as i64,
    };
    submit(submission, 1 + id)
}

pub(super) fn take(
    collection: &Collection,
    step: &Step,
    now: usize,
    journal: &dyn Journal,
) -> String {
    match step {
        Step::Submit(id, text) => submission(*id, *text, now, |submission, limit| {
            let mut fingerprinter = Fingerprinter::default();
            let answer = collection.submit(&mut fingerprinter, submission, limit, journal);
            told(&answer.expect("there is room"))
        }),
        Step::Delete(id) => collection.delete(&id.to_string(), journal).to_string(),
    }
}

/// All that a caller sees of an answer.
pub(super) fn told(answer: &Answer) -> String {
    let matches = answer.matches.iter().map(|found| {
        let article = &found.article;
        (
            (
                article.id.clone(),
                article.metadata.clone(),
                article.first_seen,
            ),
            (article.revision, found.canonical_id.clone()),
            (found.relation, found.evidence.clone()),
        )
    });
    format!(
        "{:?}",
        (
            (answer.verdict, &answer.canonical_id, &answer.fingerprint),
            matches.collect::<Vec<_>>(),
            (answer.truncated, answer.resubmission, answer.revision),
        )
    )
}

/// That two collections answer alike, and hold the same.
pub(super) fn assert_alike(one: &Collection, other: &Collection) -> Result<(), TestCaseError> {
    for text in TEXTS.iter() {
        let answers = [one, other].map(|collection| told(&check(collection, "", text)));
        prop_assert_eq!(&answers[0], &answers[1]);
    }
    for id in 0..12 {
        let id = id.to_string();
        let (Some(ours), theirs) = (one.get(&id), other.get(&id)) else {
            prop_assert!(other.get(&id).is_none());
            continue;
        };
        let theirs = theirs.expect("it was restored");
        prop_assert_eq!(ours.first_seen, theirs.first_seen);
        prop_assert_eq!(one.canonical_id(&ours), other.canonical_id(&theirs));
        let ids = |(members, size): (Vec<Arc<Article>>, usize)| {
            let ids: Vec<_> = members.iter().map(|member| member.id.clone()).collect();
            (ids, size)
        };
        prop_assert_eq!(
            ids(one.cluster(&ours, 0, 100)),
            ids(other.cluster(&theirs, 0, 100))
        );
    }
    let (mut ours, theirs) = (one.stats(), other.stats());
    // These are not of the articles alone.
    (ours.bytes, ours.verdicts) = (theirs.bytes, theirs.verdicts);
    prop_assert_eq!(ours, theirs);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_goes_on_as_if_nothing_had_been(steps in steps(), method in 0..2usize) {
        let pages = Pages::default();
        let detector = Detector::new(METHODS[method]);
        let mut collection = Collection::new(detector);
        for (now, step) in steps.iter().enumerate() {
            let next = collection.arrivals.next();
            let restored = pages.restore(detector, next);
            assert_alike(&collection, &restored)?;
            let told = take(&collection, step, now, &pages);
            prop_assert_eq!(&told, &take(&restored, step, now, &()));
            // Now and then the restored one goes on, so that restoring is done again and again.
            if now % 7 == 6 {
                collection = restored;
            }
        }
    }

    #[test]
    fn bytes_of_chance_are_no_record(steps in steps(), at in any::<usize>(), byte in any::<u8>()) {
        let pages = Pages::default();
        let collection = collection(Method::Full);
        for (now, step) in steps.iter().enumerate() {
            take(&collection, step, now, &pages);
        }
        for (_, record) in &pages.0.lock().expect("no panic").0 {
            let mut damaged = record.clone();
            let at = at % record.len();
            damaged[at] ^= byte;
            // A checksum is the journal's business; here it must only not panic.
            if let Ok(read) = Record::decode(&damaged) {
                let sequences = vec![read.sequence()];
                let restoration = Restoration::new(Collection::new(collection.detector()), &sequences);
                let restoration = restoration.expect("there is room");
                restoration.sheet().add(&damaged).expect("a record");
                check(&restoration.finish(0, 1.0), "", &TEXTS[0]);
            }
            prop_assert!(Record::decode(&record[..at]).is_err());
            let longer = [record, &[byte][..]].concat();
            prop_assert!(Record::decode(&longer).is_err());
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _either = Record::decode(&bytes);
    }
}
