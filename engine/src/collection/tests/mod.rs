//! What a collection promises, one promise a file. The texts are Arabic words of chance.

mod bounds;
mod hammer;
mod import;
#[cfg(shuttle)]
mod interleavings;
mod listing;
mod model;
mod pages;
mod readmit;
mod restore;
mod resubmission;
mod sequences;
mod settings;
mod shared;
mod short;
mod slight;
mod spilling;
mod stories;
mod windows;
mod witnesses;

use super::{Collection, Compared, Submission};
use crate::{
    answer::Answer,
    compare::Comparison,
    detector::{Detector, Method},
    fingerprint::Fingerprinter,
    index::articles::Metadata,
};

const METHODS: [Method; 2] = [Method::Full, Method::SimHashOnly];

/// A generator of chance (SplitMix64): the same numbers from the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }

    fn word(&mut self) -> String {
        const LETTERS: [char; 28] = [
            'ا', 'ب', 'ت', 'ث', 'ج', 'ح', 'خ', 'د', 'ذ', 'ر', 'ز', 'س', 'ش', 'ص', 'ض', 'ط', 'ظ',
            'ع', 'غ', 'ف', 'ق', 'ك', 'ل', 'م', 'ن', 'ه', 'و', 'ي',
        ];
        let length = 3 + self.below(4);
        (0..length).map(|_| LETTERS[self.below(28)]).collect()
    }
}

/// Text `n`: texts of different numbers have no two words in a row in common.
fn story(n: u64, words: usize) -> String {
    let mut chance = Chance(n << 32);
    let words: Vec<_> = (0..words).map(|_| chance.word()).collect();
    words.join(" ")
}

/// The same text with `changes` words replaced.
fn edited(text: &str, changes: usize, seed: u64) -> String {
    let mut chance = Chance(seed ^ 0xed17);
    let mut words: Vec<_> = text.split(' ').map(str::to_owned).collect();
    for _ in 0..changes {
        let at = chance.below(words.len());
        words[at] = chance.word();
    }
    words.join(" ")
}

/// The same words in another dress.
fn dressed(text: &str) -> String {
    text.replace('ا', "أ").replace('ل', "لـَ").replace(' ', "، ")
}

/// What two texts are to each other in an index that knows nothing else.
fn compare(a: &str, b: &str, method: Method) -> Comparison {
    let [a, b] = [a, b].map(|text| Compared::Text {
        title: "",
        text,
        published: None,
    });
    collection(method).compare(&a, &b)
}

fn collection(method: Method) -> Collection {
    Collection::new(Detector::new(method))
}

fn submit(collection: &Collection, id: &str, text: &str) -> Answer {
    submit_at(collection, id, text, 0, 10)
}

fn submit_at(collection: &Collection, id: &str, text: &str, now: i64, limit: usize) -> Answer {
    let metadata = Metadata::default();
    let submission = Submission {
        id,
        text,
        metadata: &metadata,
        now,
    };
    collection
        .submit(&mut Fingerprinter::default(), submission, limit, &())
        .expect("there is room")
}

fn check(collection: &Collection, id: &str, text: &str) -> Answer {
    check_at(collection, id, text, 10)
}

fn check_at(collection: &Collection, id: &str, text: &str, limit: usize) -> Answer {
    let submission = Submission {
        id,
        text,
        metadata: &Metadata::default(),
        now: 0,
    };
    collection.check(&mut Fingerprinter::default(), submission, limit)
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer
        .matches
        .iter()
        .map(|found| &*found.article.id)
        .collect()
}

/// That no table remembers anything, and no search is open.
fn assert_empty(collection: &Collection) {
    let stats = collection.stats();
    assert_eq!((stats.articles, stats.simhashes, stats.clusters), (0, 0, 0));
    let empty = Collection::new(collection.detector());
    for (table, fresh) in [
        (
            format!("{:?}", collection.articles),
            format!("{:?}", empty.articles),
        ),
        (
            format!("{:?}", collection.exact),
            format!("{:?}", empty.exact),
        ),
        (
            format!("{:?}", collection.hamming),
            format!("{:?}", empty.hamming),
        ),
        (
            format!("{:?}", collection.postings),
            format!("{:?}", empty.postings),
        ),
        (
            format!("{:?}", collection.clusters),
            format!("{:?}", empty.clusters),
        ),
    ] {
        assert_eq!(table, fresh);
    }
    let arrivals = format!("{:?}", collection.arrivals);
    assert!(
        arrivals.contains("recent: []")
            && arrivals.contains("entering: {}")
            && arrivals.contains("open: {}"),
        "{arrivals}"
    );
}
