//! The slow way round for the few characters that a table cannot decide: Latin with combining
//! accents, full-width forms, mathematical alphabets, Hangul.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::rule::{Rule, rule};

/// Folds a run of characters in which at least one is [`Rule::Normalize`]: folded words, separated
/// by one space, without a space at either end.
///
/// One step deletes what is invisible (so that it cannot stand between a letter and its accent),
/// applies NFKC (UAX #15) and lower case, and drops what is still neither letter nor digit. Lower
/// case can undo normal form and normal form can bring forth new capitals, so steps follow until
/// nothing changes: that makes folding idempotent.
pub(super) fn fold_run(run: &str) -> String {
    let mut text = step(run);
    // Two or three steps are enough for every character of Unicode 16; the bound only guards against
    // a future table in which two characters turn into each other.
    for _ in 0..8 {
        let next = step(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn step(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        match rule(c) {
            Rule::Letter(letter) => visible.push(letter),
            Rule::Letters(letters) => visible.push_str(letters),
            Rule::Words(words) => {
                visible.push(' ');
                visible.push_str(words);
                visible.push(' ');
            }
            Rule::Delete => {}
            Rule::Separator => visible.push(' '),
            Rule::Normalize => visible.push(c),
        }
    }
    let lower: String = visible.nfkc().flat_map(char::to_lowercase).collect();
    let mut folded = String::with_capacity(lower.len());
    let mut separated = false;
    for c in lower.nfkc() {
        if c.is_alphanumeric() {
            if separated && !folded.is_empty() {
                folded.push(' ');
            }
            separated = false;
            folded.push(c);
        } else if !is_combining_mark(c) {
            separated = true;
        }
    }
    folded
}
