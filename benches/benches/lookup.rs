//! All fingerprints within a distance: Basma's index beside a static multi-index hash, a linear scan and
//! plain dashmaps, on the same fingerprints and queries in the same run.
//!
//! `cargo bench -p basma-benches --bench lookup -- [--size 1] [--record FOLDER]`; the size is millions of
//! fingerprints. They are random; half of the queries have one within the distance.

use std::{collections::BTreeSet, error::Error, hint::black_box, time::Instant};

use basma_benches::measure::{Times, argument, machine, record, resident};
use basma_engine::{HammingIndex, SimHash, Slot};
use fastrand::Rng;
use serde::Serialize;

mod plain;
use plain::{Ids, Inline};

const DISTANCES: [u32; 4] = [3, 6, 8, 10];
/// Queries of a round; engines take turns by rounds.
const QUERIES: usize = 2000;
const ROUNDS: usize = 3;
/// A scan takes too long for more.
const SCANS: usize = 8;
/// Above this size plain dashmaps take more memory than is worth the while.
const MOST_PLAIN: usize = 10_000_000;

/// What was measured of an engine at a distance.
#[derive(Serialize)]
struct Row {
    engine: &'static str,
    fingerprints: usize,
    distance: u32,
    p50_us: f64,
    p99_us: f64,
    to_mih: f64,
    recall: f64,
}

/// What was measured of an engine while it was filled.
#[derive(Serialize)]
struct Filled {
    engine: &'static str,
    fingerprints: usize,
    inserts_per_s: f64,
    bytes_per_fingerprint: f64,
}

/// Something that finds fingerprints: `query`, `distance`, and what to do with each.
type Find<'a> = Box<dyn FnMut(u64, u32, &mut dyn FnMut(u64)) + 'a>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", machine());
    // One size: what an earlier one gave back would not be seen to be taken again.
    let size = argument("--size").unwrap_or_else(|| "1".to_owned());
    let (mut rows, mut filled) = (Vec::new(), Vec::new());
    measure(
        (size.parse::<f64>()? * 1e6) as usize,
        &mut rows,
        &mut filled,
    )?;
    record(&format!("lookup-{size:0>3}"), &rows)?;
    record(&format!("inserts-{size:0>3}"), &filled)?;
    Ok(())
}

fn measure(
    size: usize,
    rows: &mut Vec<Row>,
    filled: &mut Vec<Filled>,
) -> Result<(), Box<dyn Error>> {
    let mut random = Rng::with_seed(size as u64);
    let codes: Vec<u64> = (0..size).map(|_| random.u64(..)).collect();
    println!(
        "\n{size} fingerprints\n{:<28}{:>14}{:>18}",
        "", "inserts/s", "bytes/fingerprint"
    );
    let mut fill = |engine, with: &mut dyn FnMut()| {
        let (start, before) = (Instant::now(), resident());
        with();
        let inserts_per_s = size as f64 / start.elapsed().as_secs_f64();
        let bytes = (resident() - before) as f64 / size as f64;
        println!("{engine:<28}{inserts_per_s:>14.0}{bytes:>18.1}");
        filled.push(Filled {
            engine,
            fingerprints: size,
            inserts_per_s,
            bytes_per_fingerprint: bytes,
        });
    };

    let basma = HammingIndex::new();
    fill("basma", &mut || {
        for (slot, code) in codes.iter().enumerate() {
            basma.insert(SimHash(*code), Slot(slot as u32));
        }
    });
    println!(
        "  it says of itself {:>38.1}",
        basma.bytes() as f64 / size as f64
    );
    let mut mih = None;
    fill("mih-rs (static)", &mut || {
        mih = mih_rs::Index::new(codes.clone()).ok();
    });
    let mih = mih.ok_or("mih-rs cannot index them")?;
    let (inline, ids) = (Inline::default(), Ids::default());
    if size <= MOST_PLAIN {
        fill("dashmap, fingerprints inline", &mut || {
            codes.iter().for_each(|code| inline.insert(*code));
        });
        fill("dashmap, ids", &mut || {
            (0..size as u32).for_each(|id| ids.insert(&codes, id));
        });
    }

    let mut searcher = mih.range_searcher();
    let mut engines: Vec<(&'static str, Find<'_>)> = vec![
        (
            "basma",
            Box::new(|query, distance, found| {
                basma.within(SimHash(query), distance, |other, _| {
                    found(other.0);
                    true
                });
            }),
        ),
        (
            "mih-rs (static)",
            Box::new(|query, distance, found| {
                for id in searcher.run(query, distance as usize) {
                    found(codes[*id as usize]);
                }
            }),
        ),
        (
            "linear scan",
            Box::new(|query, distance, found| {
                let near = codes
                    .iter()
                    .filter(|code| (*code ^ query).count_ones() <= distance);
                near.for_each(|code| found(*code));
            }),
        ),
    ];
    if size <= MOST_PLAIN {
        engines.push((
            "dashmap, fingerprints inline",
            Box::new(|query, distance, found| {
                inline.within(query, distance, found);
            }),
        ));
        engines.push((
            "dashmap, ids",
            Box::new(|query, distance, found| {
                ids.within(&codes, query, distance, found);
            }),
        ));
    }
    println!(
        "\n{:<28}{:>4}{:>12}{:>12}{:>10}{:>9}",
        "", "k", "p50 us", "p99 us", "to mih", "recall"
    );
    for distance in DISTANCES {
        let queries: Vec<u64> = (0..QUERIES)
            .map(|n| query(&codes, &mut random, n, distance))
            .collect();
        let mut expected = Vec::new();
        let mut times = vec![Times::default(); engines.len()];
        let mut recalls = vec![0.0; engines.len()];
        for (query, _) in queries.iter().zip(0..SCANS) {
            let near = codes
                .iter()
                .filter(|code| (*code ^ query).count_ones() <= distance);
            expected.push(near.copied().collect::<BTreeSet<_>>());
        }
        for round in 0..=ROUNDS {
            for (engine, (name, find)) in engines.iter_mut().enumerate() {
                let queries = if *name == "linear scan" {
                    &queries[..SCANS]
                } else {
                    &queries[..]
                };
                let (mut right, mut wanted) = (0, 0);
                for (n, query) in queries.iter().enumerate() {
                    let mut found = Vec::with_capacity(64);
                    let start = Instant::now();
                    find(*query, distance, &mut |code| found.push(code));
                    let taken = start.elapsed();
                    // The first round warms up, and is looked at.
                    if round > 0 {
                        times[engine].add(taken);
                    } else if let Some(expected) = expected.get(n) {
                        let found: BTreeSet<_> = found.iter().copied().collect();
                        assert!(found.is_subset(expected), "{name} found what is not near");
                        right += found.len();
                        wanted += expected.len();
                    }
                    black_box(found);
                }
                if round == 0 {
                    recalls[engine] = right as f64 / wanted as f64;
                }
            }
        }
        let mih = times[1].median();
        for (engine, (name, _)) in engines.iter().enumerate() {
            let row = Row {
                engine: name,
                fingerprints: size,
                distance,
                p50_us: times[engine].median(),
                p99_us: times[engine].quantile(0.99),
                to_mih: times[engine].median() / mih,
                recall: recalls[engine],
            };
            println!(
                "{:<28}{distance:>4}{:>12.2}{:>12.2}{:>10.2}{:>9.4}",
                row.engine, row.p50_us, row.p99_us, row.to_mih, row.recall
            );
            assert!(row.recall == 1.0, "{} missed some", row.engine);
            rows.push(row);
        }
    }
    drop(engines);
    while_inserting(&basma, &codes, &mut random);
    Ok(())
}

/// Every other query has a fingerprint within the distance.
fn query(codes: &[u64], random: &mut Rng, n: usize, distance: u32) -> u64 {
    if n % 2 == 1 {
        return random.u64(..);
    }
    let mut query = codes[random.usize(..codes.len())];
    for _ in 0..distance {
        query ^= 1 << random.u32(..64);
    }
    query
}

/// What one thread does is compared with what two do so often, each for a quarter of a second.
const PAIRS: u64 = 21;

/// Lookups a second by one thread and by two, while fingerprints are added at the rate at which articles
/// come.
fn while_inserting(basma: &HammingIndex, codes: &[u64], random: &mut Rng) {
    let queries: Vec<u64> = (0..10_000).map(|n| query(codes, random, n, 3)).collect();
    let look = |seed: u64| {
        let (mut random, mut lookups) = (Rng::with_seed(seed), 0u64);
        let start = Instant::now();
        while start.elapsed().as_millis() < 250 {
            for query in &queries[..1000] {
                let mut found = 0;
                basma.within(SimHash(query ^ (1 << random.u32(..64))), 3, |_, _| {
                    found += 1;
                    true
                });
                black_box(found);
                lookups += 1;
            }
            // One in ten is an insertion.
            for _ in 0..100 {
                basma.insert(SimHash(random.u64(..)), Slot(0));
            }
        }
        lookups as f64 / start.elapsed().as_secs_f64()
    };
    let mut ratios: Vec<f64> = (0..PAIRS)
        .map(|round| {
            let one = look(3 * round);
            let two: f64 = std::thread::scope(|scope| {
                let threads = [1, 2].map(|n| scope.spawn(move || look(3 * round + n)));
                threads
                    .map(|thread| thread.join().unwrap_or_default())
                    .iter()
                    .sum()
            });
            two / one
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "two threads, one insertion to ten lookups at k = 3: {:.2} times one thread",
        ratios[ratios.len() / 2]
    );
}
