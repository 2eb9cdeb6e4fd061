//! What somebody could do to make Basma slow, and what that does to a Check: beside an ordinary Check in the
//! same collection, before and after.
//!
//! `cargo bench -p basma-benches --bench adversarial -- [--size 1] [--record FOLDER]`; the size is millions of
//! hostile articles.

use std::{error::Error, hint::black_box};

use basma_benches::{
    corpus::Corpus,
    measure::{Times, argument, machine, record},
};
use basma_engine::{
    Collection, Detector, ExactHash, Fingerprint, Fingerprinter, Metadata, Method, SimHash,
    Submission,
};
use fastrand::Rng;
use serde::Serialize;

/// Ordinary articles in each collection.
const ORDINARY: u64 = 20_000;
/// Checks of a round.
const CHECKS: u64 = 2_000;
/// Of a percentile the middle one of so many rounds is taken: others who use the machine make one check in a hundred
/// slow for a while, whatever it asks.
const ROUNDS: usize = 5;
/// Matches asked for.
const MATCHES: usize = 10;

#[derive(Serialize)]
struct Row {
    hostility: &'static str,
    method: &'static str,
    asked_about: &'static str,
    ordinary_p50_us: f64,
    ordinary_p99_us: f64,
    p50_us: f64,
    p99_us: f64,
    p99_ratio: f64,
    matches: usize,
    truncated: bool,
}

/// A collection under attack.
struct Target {
    collection: Collection,
    fingerprinter: Fingerprinter,
    method: &'static str,
    ids: u64,
    rows: Vec<Row>,
}

impl Target {
    fn new(method: Method) -> Self {
        let mut target = Self {
            collection: Collection::new(Detector::new(method)),
            fingerprinter: Fingerprinter::default(),
            method: match method {
                Method::Full => "full",
                Method::SimHashOnly => "simhash only",
            },
            ids: 0,
            rows: Vec::new(),
        };
        (0..ORDINARY).for_each(|n| target.add(&ordinary(n)));
        target
    }

    fn add(&mut self, text: &str) {
        let fingerprint = self.fingerprint(text);
        self.add_fingerprint(fingerprint);
    }

    fn fingerprint(&mut self, text: &str) -> Fingerprint {
        let detector = self.collection.detector();
        self.fingerprinter.fingerprint("", text, &detector)
    }

    /// Adds the text that was fingerprinted last, under this fingerprint.
    fn add_fingerprint(&mut self, fingerprint: Fingerprint) {
        self.ids += 1;
        let metadata = Metadata::default();
        let submission = Submission {
            id: &self.ids.to_string(),
            text: "",
            metadata: &metadata,
            now: 0,
        };
        let added = self.collection.submit_fingerprinted(
            &self.fingerprinter,
            fingerprint,
            submission,
            MATCHES,
        );
        black_box(added.is_ok());
    }

    /// The median and the 99th percentile of checks, how many matches the last one had, and whether there were more.
    fn check(&mut self, texts: &[String], checks: u64) -> (f64, f64, usize, bool) {
        let mut rounds = [const { (0.0, 0.0, 0, false) }; ROUNDS];
        for round in &mut rounds {
            *round = self.round(texts, checks);
        }
        rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (p50, _, matches, truncated) = rounds[ROUNDS / 2];
        rounds.sort_by(|one, other| one.1.total_cmp(&other.1));
        (p50, rounds[ROUNDS / 2].1, matches, truncated)
    }

    fn round(&mut self, texts: &[String], checks: u64) -> (f64, f64, usize, bool) {
        let metadata = Metadata::default();
        let (mut times, mut last) = (Times::default(), (0, false));
        for (text, n) in texts.iter().cycle().zip(0..checks + checks / 10) {
            let submission = Submission {
                id: "",
                text,
                metadata: &metadata,
                now: 0,
            };
            let start = std::time::Instant::now();
            let answer = self
                .collection
                .check(&mut self.fingerprinter, submission, MATCHES);
            // The first ones warm up.
            if n >= checks / 10 {
                times.add(start.elapsed());
            }
            last = (answer.matches.len(), answer.truncated);
        }
        (times.median(), times.quantile(0.99), last.0, last.1)
    }

    /// Measures an ordinary check, does the harm, and measures checks of these texts.
    fn harm(
        &mut self,
        hostility: &'static str,
        asked: &[(&'static str, Vec<String>)],
        ordinary: &[String],
        checks: u64,
        harm: impl FnOnce(&mut Self),
    ) {
        let (ordinary_p50_us, ordinary_p99_us, ..) = self.check(ordinary, checks);
        harm(self);
        for (asked_about, texts) in asked {
            let (p50_us, p99_us, matches, truncated) = self.check(texts, checks);
            let row = Row {
                hostility,
                method: self.method,
                asked_about,
                ordinary_p50_us,
                ordinary_p99_us,
                p50_us,
                p99_us,
                p99_ratio: p99_us / ordinary_p99_us,
                matches,
                truncated,
            };
            println!(
                "{:<36}{:<14}{:<18}{:>10.1}{:>10.1}{:>10.1}{:>10.1}{:>8.2}{:>9}{:>7}",
                row.hostility,
                row.method,
                row.asked_about,
                row.ordinary_p50_us,
                row.ordinary_p99_us,
                row.p50_us,
                row.p99_us,
                row.p99_ratio,
                row.matches,
                row.truncated
            );
            self.rows.push(row);
        }
    }
}

fn ordinary(n: u64) -> String {
    Corpus::new(1).article(n).text
}

fn main() -> Result<(), Box<dyn Error>> {
    let size = argument("--size").unwrap_or_else(|| "1".to_owned());
    let size = (size.parse::<f64>()? * 1e6) as u64;
    println!(
        "{}; {ORDINARY} ordinary articles and {size} hostile ones; us",
        machine()
    );
    println!(
        "{:<36}{:<14}{:<18}{:>10}{:>10}{:>10}{:>10}{:>8}{:>9}{:>7}",
        "", "", "asked about", "before p50", "p99", "after p50", "p99", "ratio", "matches", "more"
    );
    let others: Vec<String> = (ORDINARY..ORDINARY + 200).map(ordinary).collect();
    let mut rows = Vec::new();
    for method in [Method::SimHashOnly, Method::Full] {
        let mut target = Target::new(method);
        let copied = ordinary(ORDINARY + 1000);
        let asked = [
            ("the copied", vec![copied.clone()]),
            ("others", others.clone()),
        ];
        target.harm("copies of one text", &asked, &others, CHECKS, |target| {
            let fingerprint = target.fingerprint(&copied);
            (0..size).for_each(|_| target.add_fingerprint(fingerprint));
        });
        rows.append(&mut target.rows);

        let mut target = Target::new(method);
        // As many ordinary ones beside them: it is not their number that is hostile.
        let mut random = Rng::with_seed(2);
        let nothing = target.fingerprint("");
        for _ in 0..size {
            target.add_fingerprint(Fingerprint {
                exact: ExactHash(random.u128(..)),
                simhash: SimHash(random.u64(..)),
                tokens: 300,
                ..nothing
            });
        }
        let victim = others[0].clone();
        let asked = [
            ("one of the block", vec![victim.clone()]),
            ("others", others.clone()),
        ];
        target.harm(
            "fingerprints that share a block",
            &asked,
            &others,
            CHECKS,
            |target| {
                let mut random = Rng::with_seed(1);
                let shared = target.fingerprint(&victim);
                target.fingerprint("");
                for _ in 0..size {
                    let fingerprint = Fingerprint {
                        exact: ExactHash(random.u128(..)),
                        simhash: SimHash(random.u64(..) << 16 | shared.simhash.0 & 0xffff),
                        ..shared
                    };
                    target.add_fingerprint(fingerprint);
                }
            },
        );
        rows.append(&mut target.rows);

        let mut target = Target::new(method);
        let boilerplate = ordinary(ORDINARY + 2000);
        let own = Corpus::new(2).mean_words(40.0);
        let own = |n: u64| format!("{boilerplate} {}", own.article(n).text);
        let asked = [
            ("one more of them", vec![own(size + 1)]),
            ("others", others.clone()),
        ];
        target.harm(
            "texts that share a boilerplate",
            &asked,
            &others,
            CHECKS,
            |target| {
                (0..size).for_each(|n| target.add(&own(n)));
            },
        );
        rows.append(&mut target.rows);

        let mut target = Target::new(method);
        let limit = 1 << 20;
        let mut long = String::new();
        let mut articles = (ORDINARY + 3000..).map(ordinary);
        while long.len() < limit {
            long.extend(articles.next());
        }
        let repeated = "كلمة ".repeat(limit / "كلمة ".len());
        let asked = [("itself", vec![repeated.clone()])];
        target.harm(
            "one word up to the limit, to a long text",
            &asked,
            &[long],
            50,
            |target| {
                target.add(&repeated);
            },
        );
        let asked = [("others", others.clone())];
        target.harm("one word up to the limit", &asked, &others, CHECKS, |_| {});
        rows.append(&mut target.rows);
    }
    record("adversarial", &rows)?;
    Ok(())
}
