//! What somebody could do to make Basma slow, and what that does to a Check: beside an ordinary Check in a collection
//! of the same ordinary articles that nobody harmed, in turns.
//!
//! `cargo bench -p basma-benches --bench adversarial -- [--size 1] [--method simhash|full] [--record FOLDER]`; the size is
//! millions of hostile articles.

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
/// Of a percentile the middle one of so many rounds is taken, and the rounds of both collections are in turns: others who
/// use the machine make one check in a hundred slow for a while, whatever it asks.
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

/// A collection under attack, or one that is not.
struct Target {
    collection: Collection,
    fingerprinter: Fingerprinter,
    ids: u64,
}

/// What a round of checks took.
#[derive(Clone, Copy, Default)]
struct Round {
    p50_us: f64,
    p99_us: f64,
    /// Of the last check.
    matches: usize,
    truncated: bool,
}

impl Round {
    /// Of each percentile the middle one.
    fn middle(mut rounds: [Self; ROUNDS]) -> Self {
        rounds.sort_by(|one, other| one.p50_us.total_cmp(&other.p50_us));
        let middle = rounds[ROUNDS / 2];
        rounds.sort_by(|one, other| one.p99_us.total_cmp(&other.p99_us));
        Self {
            p99_us: rounds[ROUNDS / 2].p99_us,
            ..middle
        }
    }
}

impl Target {
    fn new(method: Method) -> Self {
        let mut target = Self {
            collection: Collection::new(Detector::new(method)),
            fingerprinter: Fingerprinter::default(),
            ids: 0,
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

    /// Adds so many that have nothing in common.
    fn add_random(&mut self, count: u64) {
        let mut random = Rng::with_seed(2);
        let nothing = self.fingerprint("");
        for _ in 0..count {
            self.add_fingerprint(Fingerprint {
                exact: ExactHash(random.u128(..)),
                simhash: SimHash(random.u64(..)),
                tokens: 300,
                ..nothing
            });
        }
    }

    fn check(&mut self, texts: &[String], checks: u64) -> Round {
        let metadata = Metadata::default();
        let (mut times, mut round) = (Times::default(), Round::default());
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
            (round.matches, round.truncated) = (answer.matches.len(), answer.truncated);
        }
        Round {
            p50_us: times.median(),
            p99_us: times.quantile(0.99),
            ..round
        }
    }
}

/// Two collections of the same articles, to one of which harm is done.
struct Attack {
    method: Method,
    harmed: Target,
    unharmed: Target,
}

impl Attack {
    fn new(method: Method) -> Self {
        Self {
            method,
            harmed: Target::new(method),
            unharmed: Target::new(method),
        }
    }

    /// Measures checks of these texts, and of ordinary ones in the collection that nobody harmed.
    fn measure(
        &mut self,
        hostility: &'static str,
        asked: &[(&'static str, Vec<String>)],
        ordinary: &[String],
        checks: u64,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        for (asked_about, texts) in asked {
            let mut usual = [Round::default(); ROUNDS];
            let mut now = usual;
            for (usual, now) in usual.iter_mut().zip(&mut now) {
                *usual = self.unharmed.check(ordinary, checks);
                *now = self.harmed.check(texts, checks);
            }
            let (usual, now) = (Round::middle(usual), Round::middle(now));
            let row = Row {
                hostility,
                method: match self.method {
                    Method::Full => "full",
                    Method::SimHashOnly => "simhash only",
                },
                asked_about,
                ordinary_p50_us: usual.p50_us,
                ordinary_p99_us: usual.p99_us,
                p50_us: now.p50_us,
                p99_us: now.p99_us,
                p99_ratio: now.p99_us / usual.p99_us,
                matches: now.matches,
                truncated: now.truncated,
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
            rows.push(row);
        }
        rows
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
        "", "", "asked about", "usual p50", "p99", "now p50", "p99", "ratio", "matches", "more"
    );
    let others: Vec<String> = (ORDINARY..ORDINARY + 200).map(ordinary).collect();
    let only = argument("--method");
    for (name, method) in [("simhash", Method::SimHashOnly), ("full", Method::Full)] {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let mut rows = Vec::new();
        let mut attack = Attack::new(method);
        let copied = ordinary(ORDINARY + 1000);
        let fingerprint = attack.harmed.fingerprint(&copied);
        (0..size).for_each(|_| attack.harmed.add_fingerprint(fingerprint));
        let asked = [("the copied", vec![copied]), ("others", others.clone())];
        rows.extend(attack.measure("copies of one text", &asked, &others, CHECKS));

        let mut attack = Attack::new(method);
        // As many ordinary ones beside them: it is not their number that is hostile.
        let Attack {
            harmed, unharmed, ..
        } = &mut attack;
        harmed.add_random(size);
        unharmed.add_random(size);
        let victim = others[0].clone();
        let shared = harmed.fingerprint(&victim);
        harmed.fingerprint("");
        let mut random = Rng::with_seed(1);
        for _ in 0..size {
            harmed.add_fingerprint(Fingerprint {
                exact: ExactHash(random.u128(..)),
                simhash: SimHash(random.u64(..) << 16 | shared.simhash.0 & 0xffff),
                ..shared
            });
        }
        let asked = [
            ("one of the block", vec![victim]),
            ("others", others.clone()),
        ];
        rows.extend(attack.measure("fingerprints that share a block", &asked, &others, CHECKS));

        let mut attack = Attack::new(method);
        let boilerplate = ordinary(ORDINARY + 2000);
        let own = Corpus::new(2).mean_words(40.0);
        let own = |n: u64| format!("{boilerplate} {}", own.article(n).text);
        (0..size).for_each(|n| attack.harmed.add(&own(n)));
        let asked = [
            ("more of them", (size..size + 200).map(own).collect()),
            ("others", others.clone()),
        ];
        rows.extend(attack.measure("texts that share a boilerplate", &asked, &others, CHECKS));

        let mut attack = Attack::new(method);
        let limit = 1 << 20;
        let mut long = String::new();
        let mut articles = (ORDINARY + 3000..).map(ordinary);
        while long.len() < limit {
            long.extend(articles.next());
        }
        let repeated = "كلمة ".repeat(limit / "كلمة ".len());
        attack.harmed.add(&repeated);
        let asked = [("itself", vec![repeated])];
        let hostility = "one word up to the limit, to a long text";
        rows.extend(attack.measure(hostility, &asked, &[long], 50));
        let asked = [("others", others.clone())];
        rows.extend(attack.measure("one word up to the limit", &asked, &others, CHECKS));
        record(&format!("adversarial-{name}"), &rows)?;
    }
    Ok(())
}
