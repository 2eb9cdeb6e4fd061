//! What happens to a text on its way from one site to the next. Every edit is a pure function of
//! the text, a strength from 0 to 1 and a seed.

use super::random::Random;
use super::sentence::eastern;
use super::synonyms::synonym;
use super::token::{self, rewrite};
use super::vocabulary::Vocabulary;

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Spelling only: tashkeel, tatweel, digits, alef, ya and ta marbuta, zero-width marks, quotes.
    /// The strength is the share of the words touched. The words fold to the same, always, and the
    /// bytes differ, always.
    Orthography,
    /// That share of the words, exactly, is replaced by other words.
    Words,
    /// That share of the words is replaced by synonyms, as far as the list has them (in these
    /// articles, for some 15 % of the words).
    Synonyms,
    /// That share of the sentences, at least two, trade places.
    Reorder,
    /// One passage of whole sentences, that share of the words, is cut; never the first sentence.
    Cut,
    /// Such a passage moves to the end.
    Move,
    /// That share of the words gets one letter misread: ب for ت, ح for خ, and the like.
    Letters,
    /// A desk's: dateline dropped, today for yesterday, half of the strength as [`Edit::Words`] and
    /// half as a tail that is cut.
    Desk,
}

impl Edit {
    /// All of them.
    pub const ALL: [Edit; 8] = [
        Self::Orthography,
        Self::Words,
        Self::Synonyms,
        Self::Reorder,
        Self::Cut,
        Self::Move,
        Self::Letters,
        Self::Desk,
    ];

    /// Those that leave a near duplicate rather than an exact one.
    pub const NEAR: [Edit; 7] = [
        Self::Words,
        Self::Synonyms,
        Self::Reorder,
        Self::Cut,
        Self::Move,
        Self::Letters,
        Self::Desk,
    ];

    /// A name for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Orthography => "orthography",
            Self::Words => "words",
            Self::Synonyms => "synonyms",
            Self::Reorder => "reorder",
            Self::Cut => "cut",
            Self::Move => "move",
            Self::Letters => "letters",
            Self::Desk => "desk",
        }
    }

    /// Edits `text`.
    #[must_use]
    pub fn apply(self, text: &str, strength: f64, seed: u64) -> String {
        let mut random = Random::of(seed, 3, self as u64);
        let random = &mut random;
        match self {
            Self::Orthography => orthography(text, strength, random),
            Self::Words => replace_words(text, strength, random),
            Self::Synonyms => some_words(
                text,
                strength,
                random,
                |word| synonym(word).is_some(),
                |word, _| synonym(word),
            ),
            Self::Reorder => reorder(text, strength, random),
            Self::Cut => passage(text, strength, random, false),
            Self::Move => passage(text, strength, random, true),
            Self::Letters => some_words(
                text,
                strength,
                random,
                |word| word.contains(confusable),
                misread,
            ),
            Self::Desk => desk(text, strength, random),
        }
    }
}

/// Applies `change` to the share `strength` of all words, chosen from those that are `open` to it.
fn some_words(
    text: &str,
    strength: f64,
    random: &mut Random,
    open: impl Fn(&str) -> bool,
    change: impl Fn(&str, &mut Random) -> Option<String>,
) -> String {
    let open: Vec<bool> = token::words(text).map(|range| open(&text[range])).collect();
    let possible = open.iter().filter(|&&open| open).count();
    let share = strength * open.len() as f64 / possible.max(1) as f64;
    let mut chosen = random.choose(possible, share).into_iter();
    rewrite(text, |place, word| {
        let chosen = open[place] && chosen.next() == Some(true);
        if chosen { change(word, random) } else { None }
    })
}

fn replace_words(text: &str, strength: f64, random: &mut Random) -> String {
    let nouns = &Vocabulary::shared().nouns;
    some_words(
        text,
        strength,
        random,
        |_| true,
        |word, random| {
            let article = if word.starts_with("ال") { "ال" } else { "" };
            loop {
                let new = format!("{article}{}", nouns.draw(random));
                if new != word {
                    return Some(new);
                }
            }
        },
    )
}

/// Letters that a reader of blurred print takes for one another.
const CONFUSED: [&[char]; 11] = [
    &['ب', 'ت', 'ث', 'ن'],
    &['ج', 'ح', 'خ'],
    &['د', 'ذ'],
    &['ر', 'ز'],
    &['س', 'ش'],
    &['ص', 'ض'],
    &['ط', 'ظ'],
    &['ع', 'غ'],
    &['ف', 'ق'],
    &['و', 'ر'],
    &['م', 'ه'],
];

fn confusable(c: char) -> bool {
    CONFUSED.iter().any(|group| group.contains(&c))
}

fn misread(word: &str, random: &mut Random) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    let open: Vec<usize> = (0..letters.len())
        .filter(|&i| confusable(letters[i]))
        .collect();
    let &at = open.get(random.below(open.len()))?;
    let group = CONFUSED.iter().find(|group| group.contains(&letters[at]))?;
    let others: Vec<char> = group
        .iter()
        .copied()
        .filter(|&c| c != letters[at])
        .collect();
    let new = others[random.below(others.len())];
    Some(
        letters
            .iter()
            .enumerate()
            .map(|(i, &c)| if i == at { new } else { c })
            .collect(),
    )
}

fn orthography(text: &str, strength: f64, random: &mut Random) -> String {
    let mut out = some_words(text, strength, random, |_| true, respell);
    if random.chance(strength) {
        out = out.replace(['«', '»'], "\"");
    }
    if out == text {
        out.insert(0, '\u{200F}');
    }
    out
}

/// Spells one word otherwise, in a way that folds to the same.
fn respell(word: &str, random: &mut Random) -> Option<String> {
    let insert = |at: usize, mark: &str| {
        let (byte, _) = word.char_indices().nth(at)?;
        Some(format!("{}{mark}{}", &word[..byte], &word[byte..]))
    };
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return Some(eastern(word));
    }
    let length = word.chars().count();
    let spelt = match random.below(8) {
        0 => word.strip_suffix('ة').map(|stem| format!("{stem}ه")),
        1 => word.strip_suffix('ي').map(|stem| format!("{stem}ى")),
        2 | 3 if word.contains(['أ', 'إ', 'آ']) => Some(word.replace(['أ', 'إ', 'آ'], "ا")),
        4 => insert(1 + random.below(length.max(2) - 1), "ـ"),
        5 => insert(
            length / 2,
            random.pick(&["\u{200F}", "\u{200C}", "\u{FEFF}"]),
        ),
        6 => Some(word.chars().flat_map(|c| [c, '\u{064E}']).collect()),
        _ => None,
    };
    spelt.or_else(|| {
        insert(
            1,
            random.pick(&["\u{064E}", "\u{064F}", "\u{0650}", "\u{0652}"]),
        )
    })
}

fn reorder(text: &str, strength: f64, random: &mut Random) -> String {
    let places = token::sentences(text);
    let share = strength.max(2.0 / places.len().max(2) as f64);
    let mask = random.choose(places.len(), if strength > 0.0 { share } else { 0.0 });
    let moving: Vec<usize> = (0..places.len()).filter(|&i| mask[i]).collect();
    let mut order: Vec<usize> = (0..places.len()).collect();
    for (i, &to) in moving.iter().enumerate() {
        // Everyone takes the next one's place: nobody stays where he was.
        order[to] = moving[(i + 1) % moving.len()];
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (place, range) in places.iter().enumerate() {
        out.push_str(&text[done..range.start]);
        out.push_str(&text[places[order[place]].clone()]);
        done = range.end;
    }
    out.push_str(&text[done..]);
    out
}

/// Takes out a run of sentences with about `strength` of the words, and appends it again if `keep`.
fn passage(text: &str, strength: f64, random: &mut Random, keep: bool) -> String {
    let sentences = token::sentences(text);
    let sizes: Vec<usize> = sentences
        .iter()
        .map(|s| token::count(&text[s.clone()]))
        .collect();
    let wanted = sizes.iter().sum::<usize>() as f64 * strength;
    if sentences.len() < 2 || wanted < 1.0 {
        return text.to_owned();
    }
    let first = 1 + random.below(sentences.len() - 1);
    let (mut first, mut after, mut taken) = (first, first, 0.0);
    // Forwards from a random sentence, then backwards, until half a sentence more would be too much.
    while taken < wanted {
        let next = if after < sentences.len() {
            after
        } else {
            first - 1
        };
        if next == 0 || taken > 0.0 && taken + sizes[next] as f64 / 2.0 > wanted {
            break;
        }
        taken += sizes[next] as f64;
        (first, after) = (first.min(next), after.max(next + 1));
    }
    let (start, end) = (sentences[first].start, sentences[after - 1].end);
    let (head, cut, tail) = (&text[..start], &text[start..end], text[end..].trim_start());
    let tail = if tail.is_empty() { "" } else { tail };
    if keep {
        format!("{head}{}\n{cut}\n", tail.trim_end())
    } else {
        format!("{head}{tail}")
    }
}

fn desk(text: &str, strength: f64, random: &mut Random) -> String {
    let head: usize = text.chars().take(50).map(char::len_utf8).sum();
    let body = text[..head]
        .find([':', '-'])
        .map_or(text, |at| text[at + 1..].trim_start_matches([' ', '-']));
    let body = rewrite(body, |_, word| match word {
        "اليوم" => Some("أمس".into()),
        "أمس" => Some("اليوم".into()),
        _ => None,
    });
    let body = replace_words(&body, strength / 2.0, random);
    let keep = (token::count(&body) as f64 * (1.0 - strength / 2.0)) as usize;
    let end = token::words(&body)
        .nth(keep)
        .map_or(body.len(), |range| range.start);
    format!("{}\n", body[..end].trim_end())
}

#[cfg(test)]
mod tests;
