//! Check-and-add is one step: of copies that arrive at the same moment exactly one is told NEW.

use std::sync::{
    Barrier, Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::answer::Verdict;

const THREADS: usize = 6;
const GROUPS: usize = 4;
const ROUNDS: u64 = 600;

/// Texts of which every two are near duplicates, some of them equal.
pub(super) fn group(n: u64, method: Method) -> Vec<String> {
    let original = story(n, 120);
    let mut texts = vec![original.clone(), dressed(&original)];
    for seed in 0..10_000 {
        let text = edited(&original, 1, seed);
        let is_near = |other: &String| {
            let relation = compare(&text, other, method).relation;
            relation.is_some_and(|relation| relation.is_duplicate())
        };
        if texts.iter().all(is_near) {
            texts.push(text);
        }
        if texts.len() == THREADS {
            return texts;
        }
    }
    panic!("no {THREADS} texts near each other");
}

/// All threads submit a text of each group, a barrier before each so that they collide: the first half
/// of the rounds all of one group, then each in an order of its own.
fn hammer(method: Method, disturbed: bool) {
    let groups: Vec<_> = (0..GROUPS).map(|n| group(n as u64, method)).collect();
    let collection = &collection(method);
    let barrier = &Barrier::new(THREADS);
    let done = &AtomicBool::new(false);
    let answers = &Mutex::new(Vec::new());
    // A panic would leave the other threads waiting at the barrier for ever.
    let failure = &Mutex::new(None);
    std::thread::scope(|scope| {
        if disturbed {
            scope.spawn(|| disturb(collection, done));
        }
        let submitters: Vec<_> = (0..THREADS)
            .map(|thread| {
                let groups = &groups;
                scope.spawn(move || {
                    let mut chance = Chance(thread as u64);
                    for round in 0..ROUNDS {
                        let mut order: Vec<_> = (0..GROUPS).collect();
                        if round >= ROUNDS / 2 {
                            chance.shuffle(&mut order);
                        }
                        for n in order {
                            let text = &groups[n][(thread + round as usize) % THREADS];
                            let id = format!("{n}.{thread}");
                            barrier.wait();
                            let answer = submit(collection, &id, text);
                            answers.lock().expect("not poisoned").push((n, id, answer));
                        }
                        if barrier.wait().is_leader() {
                            let mut answers = answers.lock().expect("not poisoned");
                            let result = end_round(collection, &std::mem::take(&mut *answers));
                            *failure.lock().expect("not poisoned") = result.err();
                        }
                        barrier.wait();
                        if failure.lock().expect("not poisoned").is_some() {
                            return;
                        }
                    }
                })
            })
            .collect();
        for submitter in submitters {
            submitter.join().expect("no submitter panicked");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(*failure.lock().expect("not poisoned"), None, "{method:?}");
    assert_empty(collection);
}

/// Holds the answers of a round against each other, and deletes its articles.
fn end_round(collection: &Collection, answers: &[(usize, String, Answer)]) -> Result<(), String> {
    for n in 0..GROUPS {
        let of_group: Vec<_> = answers.iter().filter(|(group, ..)| *group == n).collect();
        let new = of_group
            .iter()
            .filter(|(.., answer)| answer.verdict == Verdict::New);
        let firsts: Vec<_> = new.map(|(_, id, _)| id.as_str()).collect();
        let [first] = firsts[..] else {
            return Err(format!("told NEW in group {n}: {firsts:?}"));
        };
        for (_, id, answer) in &of_group {
            let expected = (id != first).then_some(first);
            if answer.canonical_id.as_deref() != expected {
                return Err(format!("{id} should follow {expected:?}: {answer:#?}"));
            }
            let mut matched = ids(answer);
            matched.sort_unstable();
            let of_group = |other: &&str| *other != id && other.starts_with(&format!("{n}."));
            if !matched.is_sorted_by(|a, b| a < b) || !matched.iter().all(of_group) {
                return Err(format!("{id} matched {matched:?}"));
            }
        }
        let article = collection.get(first).ok_or("the first is gone")?;
        let (members, size) = collection.cluster(&article, 0, usize::MAX);
        if (members.len(), size, &*members[0].id) != (THREADS, THREADS, first) {
            return Err(format!("the story of {first} is {members:?} of {size}"));
        }
    }
    match answers
        .iter()
        .find(|(_, id, _)| !collection.delete(id, &()))
    {
        Some((_, id, _)) => Err(format!("{id} is not there")),
        None => Ok(()),
    }
}

/// Adds, revises and deletes articles of other stories, some of them copies of each other.
fn disturb(collection: &Collection, done: &AtomicBool) {
    let mut chance = Chance(99);
    while !done.load(Ordering::Relaxed) {
        let id = format!("other.{}", chance.below(5));
        match chance.below(3) {
            0 => drop(collection.delete(&id, &())),
            _ => drop(submit(collection, &id, &story(100 + chance.next() % 3, 60))),
        }
    }
    for n in 0..5 {
        collection.delete(&format!("other.{n}"), &());
    }
}

#[test]
fn one_of_a_group_is_new() {
    for method in METHODS {
        hammer(method, false);
    }
}

#[test]
fn one_of_a_group_is_new_while_others_are_revised_and_deleted() {
    for method in METHODS {
        hammer(method, true);
    }
}

/// Copies come and go at random: whatever was told, nothing is left behind.
#[test]
fn tables_agree_after_copies_are_submitted_and_deleted_at_once() {
    for method in METHODS {
        let collection = &collection(method);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    let mut chance = Chance(thread);
                    for _ in 0..20_000 {
                        let id = chance.below(6).to_string();
                        match chance.below(2) {
                            0 => drop(collection.delete(&id, &())),
                            _ => drop(submit(collection, &id, &story(chance.next() % 2, 40))),
                        }
                    }
                });
            }
        });
        for id in 0..6 {
            collection.delete(&id.to_string(), &());
        }
        assert_empty(collection);
    }
}
