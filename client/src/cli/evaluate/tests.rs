//! Corpora and gold so small that every figure is known by hand.

use basma_engine::{Detector, Metadata, Method, Relation, Shingling};

use super::{
    baselines::rules,
    corpus::Corpus,
    gold::{self, Gold},
    mistakes::mistakes,
    plot, recall,
    replay::Replay,
    report::{Block, Report},
    score::Figures,
    sets::Sets,
    settings::{MainThreshold, simhash_only},
    sweep::sweep,
};
use crate::cli::item::Item;

const DAY: i64 = 24 * 3600 * 1000;

/// Words that differ from each other in more than dots, and that folding leaves as they are.
fn words(numbers: impl IntoIterator<Item = u32>) -> String {
    let letters: Vec<char> = "حدرسصطعمهي".chars().collect();
    let word = |number: u32| -> String {
        let digits = format!("{number:04}");
        digits
            .bytes()
            .map(|digit| letters[usize::from(digit - b'0')])
            .collect()
    };
    numbers.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

fn item(id: &str, text: String, day: i64) -> Item {
    Item {
        id: id.to_owned(),
        text,
        metadata: Metadata {
            published: Some(day * DAY + 5),
            ..Metadata::default()
        },
    }
}

/// Articles 1 to 8: 2 is 1 again, 4 holds 3 and as much of its own, 8 is 7 again; no other two share a
/// word.
fn corpus() -> Corpus {
    Corpus::new(vec![
        item("1", words(0..40), 0),
        item("2", words(0..40), 0),
        item("3", words(100..140), 0),
        item("4", words((100..140).chain(200..240)), 1),
        item("5", words(300..340), 1),
        item("6", words(400..440), 1),
        item("7", words(500..540), 1),
        item("8", words(500..540), 2),
    ])
}

const GOLD: &str = "a\tb\tlabel\tweight\n\
    1\t2\tD\t10\n\
    4\t3\tC\t5\n\
    5\t1\tD\t20\n\
    7\t8\tT\t3\n\
    5\t6\tT\t7\n\
    1\t6\tR\t2\n\
    1\t3\tP\t4\n\
    2\t3\tD?\t1000\n\
    1\t9\tD\t1000\n";

fn gold(corpus: &Corpus) -> Gold {
    Gold::new(&gold::parse(GOLD).expect("gold"), corpus)
}

fn close(value: Option<f64>, expected: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() < 1e-12)
}

fn figures_are(figures: Figures, precision: f64, recall: f64, f1: f64) -> bool {
    close(figures.precision, precision) && close(figures.recall, recall) && close(figures.f1, f1)
}

#[test]
fn the_figures_of_the_gold() {
    let corpus = corpus();
    let gold = gold(&corpus);
    assert_eq!((gold.pairs.len(), gold.disputed, gold.missing), (7, 1, 1));
    let replay = Replay::run(&corpus, None, Detector::default(), true).expect("a replay");
    let block = Block::new(&corpus, &gold, &replay);

    // Rightly called: 10 and 5; wrongly: 3; overlooked: 20.
    let score = block.score;
    assert!(figures_are(
        score.weighted,
        15.0 / 18.0,
        15.0 / 35.0,
        30.0 / 53.0
    ));
    assert!(figures_are(
        score.unweighted,
        2.0 / 3.0,
        2.0 / 3.0,
        2.0 / 3.0
    ));
    assert_eq!((score.templates.called, score.templates.of), (1, 2));
    assert!(close(score.templates.weighted, 0.3));
    // No article is in the story of two others.
    assert_eq!(block.stories, score);

    let reported: Vec<(&str, &str, usize, f64)> = block
        .confusion
        .iter()
        .flat_map(|row| row.reported.iter().map(move |cell| (row.label, cell)))
        .filter(|(_, cell)| cell.pairs > 0)
        .map(|(label, cell)| (label, cell.relation, cell.pairs, cell.weight))
        .collect();
    assert_eq!(
        reported,
        [
            ("D", "EXACT", 1, 10.0),
            ("D", "none", 1, 20.0),
            ("C", "CONTAINS", 1, 5.0),
            ("P", "none", 1, 4.0),
            ("T", "EXACT", 1, 3.0),
            ("T", "none", 1, 7.0),
            ("R", "none", 1, 2.0),
        ]
    );

    // Day 0 has the pair 1-2 and 1-3: F1 1. Day 1 has 5 called rightly and 20 overlooked: 10/30, by
    // number 2/3. Day 2 has a wrong call alone: 0.
    let days = &block.by_day;
    let names: Vec<_> = days.days.iter().map(|day| (&*day.day, day.pairs)).collect();
    assert_eq!(
        names,
        [("1970-01-01", 2), ("1970-01-02", 4), ("1970-01-03", 1)]
    );
    assert_eq!(days.weighted.days, 3);
    assert!(close(days.weighted.mean, 4.0 / 9.0));
    assert!(close(days.unweighted.mean, 5.0 / 9.0));

    let sets = Sets::new(&corpus);
    let mistakes = mistakes(&gold.pairs, &corpus, &sets, &replay);
    let wrong: Vec<_> = mistakes
        .iter()
        .map(|wrong| (&*wrong.later, &*wrong.earlier, wrong.label, wrong.reported))
        .collect();
    assert_eq!(wrong, [("5", "1", "D", "none"), ("8", "7", "T", "EXACT")]);
}

#[test]
fn exact_pairs_and_how_many_are_found() {
    // 40 shingles each but the fourth's 28; the fifth is too short to be in a pair.
    let texts = [
        words(0..42),
        words((0..37).chain(200..205)),
        words((0..30).chain(300..312)),
        words(0..30),
        words(0..29),
        words(400..442),
    ];
    let items = texts.into_iter().zip(0..);
    let corpus = Corpus::new(
        items
            .map(|(text, n): (_, u32)| item(&n.to_string(), text, 0))
            .collect(),
    );
    let sets = Sets::new(&corpus);
    let pairs = recall::exact_pairs(&sets);
    let shared: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.earlier, pair.later, pair.overlap.shared))
        .collect();
    assert_eq!(
        shared,
        [
            (0, 1, 35),
            (0, 2, 28),
            (1, 2, 28),
            (0, 3, 28),
            (1, 3, 28),
            (2, 3, 28)
        ]
    );
    assert!(
        pairs
            .iter()
            .all(|pair| sets.overlap(pair.later, pair.earlier) == pair.overlap)
    );
    assert_eq!(pairs[0].overlap.jaccard(), 35.0 / 45.0);
    assert_eq!(pairs[0].overlap.containment(), 35.0 / 40.0);
    assert_eq!(pairs[3].overlap.jaccard(), 0.7);

    // J >= 0.7: 0-1, and 28 of 40 with the fourth; J >= 0.5: the two of 28 in 52 too; C >= 0.8: 0-1 and
    // those of the fourth.
    let replay = Replay::of(
        6,
        &[
            (1, 0, Relation::NearDuplicate),
            (2, 0, Relation::Partial),
            (3, 0, Relation::ContainedIn),
            (3, 1, Relation::Template),
            (5, 0, Relation::Contains),
        ],
    );
    let called = recall::called(&sets, &replay);
    assert_eq!((called.pairs, called.related), (3, Some(2.0 / 3.0)));
    let found = recall::recall(&pairs, &replay);
    let found: Vec<_> = found
        .iter()
        .map(|kind| (kind.kind, kind.pairs, kind.matched, kind.called))
        .collect();
    assert_eq!(
        found,
        [
            ("J >= 0.7", 4, Some(0.75), Some(0.5)),
            ("J >= 0.5", 6, Some(4.0 / 6.0), Some(2.0 / 6.0)),
            ("C >= 0.8", 4, Some(0.75), Some(0.5)),
        ]
    );
}

#[test]
fn other_rules_on_the_same_pairs() {
    let corpus = corpus();
    let (gold, sets) = (gold(&corpus), Sets::new(&corpus));
    let exact = recall::exact_pairs(&sets);
    assert_eq!(exact.len(), 3);
    let replay = Replay::run(&corpus, None, Detector::default(), true).expect("a replay");
    let rules = rules(&corpus, &gold.pairs, &sets, &exact, &replay);
    assert_eq!(rules.len(), 9);
    let rule = |name: &str| {
        let found = rules.iter().find(|rule| rule.rule == name);
        found.expect(name)
    };
    // 38 shingles of 4's 78 are 3's: contained, not alike.
    let contained = rule("exact containment >= 0.5");
    assert_eq!(contained.score, rule("Basma").score);
    assert_eq!(contained.exact_pairs_called, [Some(1.0); 3]);
    let alike = rule("exact Jaccard >= 0.7");
    assert!(close(alike.score.weighted.recall, 10.0 / 35.0));
    assert_eq!(
        alike.exact_pairs_called,
        [Some(1.0), Some(1.0), Some(2.0 / 3.0)]
    );
    // SimHash alone by pairs is SimHash alone in a collection.
    for (name, features) in [
        ("word 3-shingles", Shingling::Words(3)),
        ("character 5-grams", Shingling::Characters(5)),
    ] {
        for k in [3, 6, 10] {
            let replay = Replay::run(&corpus, None, simhash_only(features, k), true);
            let block = Block::new(&corpus, &gold, &replay.expect("a replay"));
            assert_eq!(
                rule(&format!("SimHash, {name}, k = {k}")).score,
                block.score
            );
        }
    }
}

#[test]
fn a_sweep_goes_through_the_value_that_is_set() {
    let corpus = corpus();
    let (gold, sets) = (gold(&corpus), Sets::new(&corpus));
    for method in [Method::Full, Method::SimHashOnly] {
        let detector = Detector::new(method);
        let threshold = MainThreshold::of(&detector);
        let detector = threshold.moved(detector, threshold.values()[5]);
        let run = sweep(&corpus, None, &gold.pairs, &sets, detector, |_, _| {}).expect("a sweep");
        let values: Vec<f64> = run.points.iter().map(|point| point.value).collect();
        assert_eq!(values, threshold.values());
        let replay = Replay::run(&corpus, None, detector, true).expect("a replay");
        let report = Report::new(&detector, &corpus, &gold, &replay);
        let set = run.points.iter().find(|point| point.value == run.current);
        assert_eq!(set.expect("the value").score, report.warm.score);

        let svg = plot::draw(&run);
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
        let lines = 3 + run.exact.len();
        assert_eq!(
            svg.matches("stroke-width=\"2\" stroke-dasharray").count(),
            2 * lines
        );
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn days_change_places_and_articles_stay_in_their_days() {
    let ids = |corpus: &Corpus| -> Vec<String> {
        corpus.items.iter().map(|item| item.id.clone()).collect()
    };
    let orders: std::collections::BTreeSet<_> = (0..50)
        .map(|seed| {
            let shuffled = ids(&corpus().shuffle_days(seed));
            assert_eq!(shuffled, ids(&corpus().shuffle_days(seed)));
            shuffled.concat()
        })
        .collect();
    let expected = [
        "12345678", "12384567", "45671238", "45678123", "81234567", "84567123",
    ];
    assert!(orders.iter().eq(expected), "{orders:?}");
    // The pair follows: 7 comes after 8.
    let seed = (0..50).find(|seed| corpus().shuffle_days(*seed).items[0].id == "8");
    let corpus = corpus().shuffle_days(seed.expect("a seed"));
    let pair = &gold(&corpus).pairs[3];
    let id = |place: u32| &*corpus.items[place as usize].id;
    assert_eq!((id(pair.earlier), id(pair.later)), ("8", "7"));
}

#[test]
fn a_cold_corpus_is_what_the_gold_names() {
    let corpus = corpus();
    let rows = gold::parse("a\tb\tlabel\n8\t7\tT\n3\t1\tR\n2\t9\tD\n").expect("gold");
    let cold = corpus.only(&Gold::new(&rows, &corpus));
    let ids: Vec<_> = cold.items.iter().map(|item| &*item.id).collect();
    assert_eq!(ids, ["1", "3", "7", "8"]);
    assert_eq!(Gold::new(&rows, &cold).pairs.len(), 2);
}
