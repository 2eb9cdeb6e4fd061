//! The vocabulary: some hundred thousand surface forms derived from roots, patterns and affixes,
//! each word class ranked once and for all and drawn by Zipf's law.

use std::sync::OnceLock;

use super::lexicon;
use super::names;
use super::random::Random;
use super::zipf::Zipf;

/// A ranked list of words.
#[derive(Debug)]
pub struct Class {
    text: String,
    ends: Vec<u32>,
    zipf: Zipf,
}

impl Class {
    fn new(words: impl IntoIterator<Item = String>, offset: f64) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for word in words {
            text.push_str(&word);
            ends.push(text.len() as u32);
        }
        let zipf = Zipf::new(ends.len(), offset);
        Self { text, ends, zipf }
    }

    /// How many words there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True of a class without words, which no vocabulary has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The word of rank `rank`.
    #[must_use]
    pub fn word(&self, rank: usize) -> &str {
        let start = if rank == 0 {
            0
        } else {
            self.ends[rank - 1] as usize
        };
        &self.text[start..self.ends[rank] as usize]
    }

    /// Draws a word by its frequency.
    pub fn draw(&self, random: &mut Random) -> &str {
        self.word(self.zipf.draw(random))
    }
}

/// The word classes.
#[derive(Debug)]
pub struct Vocabulary {
    /// Nouns, bare: indefinite, or definite behind «ال».
    pub nouns: Class,
    /// Verbal nouns, which govern what follows.
    pub verbal_nouns: Class,
    /// Nouns with a pronoun suffix.
    pub possessed: Class,
    /// Adjectives, masculine and indefinite.
    pub adjectives: Class,
    /// Verbs in the past, third person masculine.
    pub past: Class,
    /// Verbs in the present, third person masculine.
    pub present: Class,
    /// Given names.
    pub given: Class,
    /// Family names.
    pub families: Class,
}

impl Vocabulary {
    /// The vocabulary, built on first use; it is the same for every seed.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Vocabulary> = OnceLock::new();
        SHARED.get_or_init(Self::build)
    }

    fn build() -> Self {
        let nouns = ranked(lexicon::COMMON_NOUNS, lexicon::NOUNS);
        let possessed = nouns.iter().enumerate().flat_map(|(rank, noun)| {
            // Not every noun takes every pronoun; the first is drawn from three, so all three occur.
            let suffixes = ["ه", "ها", "هم"];
            let take = if rank < 400 { 3 } else { 2 };
            (0..take).map(move |i| possess(noun, suffixes[(rank + i) % 3]))
        });
        let possessed = Class::new(possessed, 12.0);
        let adjectives = ranked(lexicon::COMMON_ADJECTIVES, lexicon::ADJECTIVES);
        let (past, present) = verbs();
        let families = lexicon::ROOTS.split_whitespace().flat_map(|root| {
            ["الفعيلي", "الفعال", "الفاعل"].map(|pattern| {
                let (article, stem) = pattern.split_at("ال".len());
                format!("{article}{}", derive(root, stem))
            })
        });
        let families = names::FAMILIES
            .split_whitespace()
            .map(String::from)
            .chain(families);
        let verbal_nouns = ranked(lexicon::COMMON_VERBAL_NOUNS, lexicon::VERBAL_NOUNS);
        Self {
            possessed,
            verbal_nouns: Class::new(verbal_nouns, 12.0),
            adjectives: Class::new(adjectives, 8.0),
            past: Class::new(past, 6.0),
            present: Class::new(present, 6.0),
            given: Class::new(names::GIVEN.split_whitespace().map(String::from), 10.0),
            families: Class::new(families, 30.0),
            nouns: Class::new(nouns, 12.0),
        }
    }
}

/// The `common` words, then all the roots in all the patterns: common roots and common patterns
/// first, with a good deal of chance.
fn ranked(common: &str, patterns: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let derived = by_rank(patterns.len()).into_iter();
    let derived = derived.map(|(root, pattern)| derive(root, patterns[pattern]));
    for word in common.split_whitespace().map(String::from).chain(derived) {
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

fn verbs() -> (Vec<String>, Vec<String>) {
    let derived = by_rank(lexicon::VERBS.len());
    let derived = derived.into_iter().map(|(root, form)| {
        let (past, present) = lexicon::VERBS[form];
        (derive(root, past), derive(root, present))
    });
    let common = lexicon::COMMON_VERBS
        .iter()
        .map(|&(past, present)| (past.into(), present.into()));
    common.chain(derived).unzip()
}

/// Every root with every one of `patterns` patterns, the commoner combinations first.
fn by_rank(patterns: usize) -> Vec<(&'static str, usize)> {
    let mut random = Random::new(1);
    let mut all = Vec::new();
    for (place, root) in lexicon::ROOTS.split_whitespace().enumerate() {
        for pattern in 0..patterns {
            let key = (place + 20) * (pattern + 4) * (1 + random.below(8));
            all.push((key, root, pattern));
        }
    }
    all.sort_unstable();
    all.into_iter()
        .map(|(_, root, pattern)| (root, pattern))
        .collect()
}

/// A root in a pattern; the infixed ت of the eighth form follows its neighbour.
fn derive(root: &str, pattern: &str) -> String {
    let mut radicals = root.chars();
    let [first, second, third] = std::array::from_fn(|_| radicals.next().unwrap_or('ل'));
    let mut word = String::with_capacity(pattern.len() + 4);
    for c in pattern.chars() {
        match c {
            'ف' => word.push(first),
            'ع' => word.push(second),
            'ل' => word.push(third),
            'ت' if word.ends_with(first) && pattern.contains("فتع") => match first {
                'ص' | 'ض' => word.push('ط'),
                'ز' => word.push('د'),
                'ط' | 'د' => {}
                _ => word.push('ت'),
            },
            _ => word.push(c),
        }
    }
    word
}

fn possess(noun: &str, suffix: &str) -> String {
    match noun.strip_suffix('ة') {
        Some(stem) => format!("{stem}ت{suffix}"),
        None => format!("{noun}{suffix}"),
    }
}

/// Whether a noun takes feminine agreement: by its ending, or as a broken plural.
pub(super) fn is_feminine(noun: &str) -> bool {
    let broken =
        noun.starts_with('أ') && noun.chars().count() == 5 && noun.chars().nth(3) == Some('ا');
    broken || noun.ends_with('ة') || noun.ends_with("ات") || lexicon::FEMININE.contains(&noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivation() {
        assert_eq!(derive("كتب", "مفعول"), "مكتوب");
        assert_eq!(derive("خدم", "استفعال"), "استخدام");
        assert_eq!(derive("جمع", "افتعال"), "اجتماع");
        assert_eq!(derive("ضرب", "افتعال"), "اضطراب");
        assert_eq!(derive("زهر", "يفتعل"), "يزدهر");
        assert_eq!(derive("طلع", "مفتعل"), "مطلع");
        assert_eq!(possess("سياسة", "ها"), "سياستها");
    }

    #[test]
    fn roots_are_triliteral() {
        for root in lexicon::ROOTS.split_whitespace() {
            assert_eq!(root.chars().count(), 3, "{root}");
        }
    }

    #[test]
    fn size_in_surface_forms() {
        let v = Vocabulary::shared();
        // Nouns also stand behind «ال»; adjectives take ال and ة; verbs the feminine.
        let forms = v.nouns.len() * 2
            + v.verbal_nouns.len()
            + v.possessed.len()
            + v.adjectives.len() * 4
            + (v.past.len() + v.present.len()) * 2;
        assert!((50_000..150_000).contains(&forms), "{forms}");
    }
}
