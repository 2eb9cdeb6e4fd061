//! Fills sentence frames with words of the vocabulary and the names of one story.

use super::calendar::Date;
use super::frames;
use super::names;
use super::random::Random;
use super::vocabulary::{Vocabulary, is_feminine};

/// Share of the content words that come from the story's own few, as in real articles.
const OWN_WORDS: f64 = 0.25;

/// Share of the content words that carry a mark of tashkeel.
const VOCALISED: f64 = 0.015;

/// Who and what a story is about.
#[derive(Debug)]
struct Cast {
    people: [(&'static str, [&'static str; 2], bool); 4],
    cities: [&'static str; 3],
    countries: [&'static str; 3],
    bodies: [&'static str; 3],
    nouns: [&'static str; 8],
    adjectives: [&'static str; 4],
}

/// Three different ones of `names`, at a random distance from each other.
fn distinct(random: &mut Random, names: &[&'static str]) -> [&'static str; 3] {
    let start = random.below(names.len());
    let step = 1 + random.below((names.len() - 1) / 2);
    std::array::from_fn(|i| names[(start + i * step) % names.len()])
}

/// Writes one story, sentence by sentence.
#[derive(Debug)]
pub(super) struct Writer {
    vocabulary: &'static Vocabulary,
    pub(super) random: Random,
    cast: Cast,
    date: Date,
    eastern_digits: bool,
    feminine: bool,
    definite: bool,
    last: [usize; 4],
    pub(super) out: String,
}

impl Writer {
    pub(super) fn new(mut random: Random, date: Date, eastern_digits: bool) -> Self {
        let vocabulary = Vocabulary::shared();
        let r = &mut random;
        let cast = Cast {
            people: std::array::from_fn(|_| {
                let name = [vocabulary.given.draw(r), vocabulary.families.draw(r)];
                (r.pick(names::ROLES), name, false)
            }),
            cities: distinct(r, names::CITIES),
            countries: distinct(r, names::COUNTRIES),
            bodies: distinct(r, names::BODIES),
            nouns: std::array::from_fn(|_| vocabulary.nouns.draw(r)),
            adjectives: std::array::from_fn(|_| vocabulary.adjectives.draw(r)),
        };
        let out = String::with_capacity(4096);
        Self {
            vocabulary,
            random,
            cast,
            date,
            eastern_digits,
            feminine: false,
            definite: false,
            last: [usize::MAX; 4],
            out,
        }
    }

    /// The city of the dateline.
    pub(super) fn city(&self) -> &'static str {
        self.cast.cities[0]
    }

    /// Appends `frame` with its slots filled and one of every `{a|b|c}` chosen.
    pub(super) fn write(&mut self, frame: &str) {
        let mut rest = frame;
        while let Some(at) = rest
            .bytes()
            .position(|b| b.is_ascii_uppercase() || b == b'{')
        {
            self.out.push_str(&rest[..at]);
            let slot = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            if slot == b'{' {
                let (choices, after) = rest.split_once('}').unwrap_or((rest, ""));
                let which = self
                    .random
                    .below(choices.bytes().filter(|&b| b == b'|').count() + 1);
                self.write(choices.split('|').nth(which).unwrap_or_default());
                rest = after;
            } else {
                self.fill(slot);
            }
        }
        self.out.push_str(rest);
    }

    fn fill(&mut self, slot: u8) {
        match slot {
            b'D' => self.definite_noun(),
            b'N' => {
                let noun = self.noun();
                self.agree(noun, false);
                self.push(noun);
            }
            b'M' => {
                let noun = self.vocabulary.verbal_nouns.draw(&mut self.random);
                self.agree(noun, true);
                self.push(noun);
            }
            b'H' => {
                let noun = self.vocabulary.possessed.draw(&mut self.random);
                self.agree(noun, true);
                self.push(noun);
            }
            b'A' => self.adjective(),
            b'K' => self.present(),
            b'V' => self.past(self.feminine),
            b'U' | b'I' => {
                // The verb stands before its subject: draw the subject first.
                let noun = self.noun();
                self.agree(noun, true);
                if slot == b'U' {
                    self.past(self.feminine);
                } else {
                    self.present();
                }
                self.out.push_str(" ال");
                self.push(noun);
            }
            b'P' | b'F' => self.person(slot == b'F'),
            b'O' => {
                let body = self.another(2, 3);
                self.out.push_str(self.cast.bodies[body]);
                // All of the table are feminine.
                (self.feminine, self.definite) = (true, true);
            }
            b'L' => {
                let city = self.another(0, 3);
                self.out.push_str(self.cast.cities[city]);
            }
            b'C' => {
                let country = self.another(1, 3);
                self.out.push_str(self.cast.countries[country]);
            }
            b'R' => {
                let n = self.random.between(0, 9);
                self.number(n);
            }
            b'Q' => {
                let n = self.random.between(11, 99);
                self.number(n);
            }
            b'Y' => {
                let n =
                    self.random.between(1, 99) * [100, 1000, 1000, 10_000][self.random.below(4)];
                let odd = if n < 10_000 {
                    self.random.between(0, 99)
                } else {
                    0
                };
                self.number(n + odd);
            }
            b'B' => {
                let n = self.random.between(1, 89);
                self.number(n);
                if self.random.chance(0.4) {
                    self.out
                        .push_str(if self.eastern_digits { "٫" } else { "." });
                    let tenth = self.random.between(1, 9);
                    self.number(tenth);
                }
            }
            b'E' => {
                let year = self.date.year as u64 - self.random.between(1, 14);
                self.number(year);
            }
            b'T' => self.out.push_str(self.date.weekday()),
            b'Z' => {
                let day = self.random.between(1, 28);
                self.number(day);
                self.out.push(' ');
                self.out.push_str(self.date.month_name());
            }
            _ => {
                let clause = self.random.pick(frames::CLAUSES);
                self.write(clause);
            }
        }
    }

    fn noun(&mut self) -> &'static str {
        if self.random.chance(OWN_WORDS) {
            self.random.pick(&self.cast.nouns)
        } else {
            self.vocabulary.nouns.draw(&mut self.random)
        }
    }

    fn definite_noun(&mut self) {
        let noun = self.noun();
        self.agree(noun, true);
        // «ل» and «ال» are written «لل».
        let after_lam = self.out.ends_with(" ل") || self.out.ends_with(" ول");
        self.out.push_str(if after_lam { "ل" } else { "ال" });
        self.push(noun);
    }

    fn adjective(&mut self) {
        let own = self.random.chance(OWN_WORDS);
        let adjective = if own {
            self.random.pick(&self.cast.adjectives)
        } else {
            self.vocabulary.adjectives.draw(&mut self.random)
        };
        if self.definite {
            self.out.push_str("ال");
        }
        self.push(adjective);
        if self.feminine {
            self.out.push('ة');
        }
    }

    fn present(&mut self) {
        let verb = self.vocabulary.present.draw(&mut self.random);
        match verb.strip_prefix('ي') {
            Some(stem) if self.feminine => {
                self.out.push('ت');
                self.push(stem);
            }
            _ => self.push(verb),
        }
    }

    fn past(&mut self, feminine: bool) {
        let verb = self.vocabulary.past.draw(&mut self.random);
        self.push(verb);
        if feminine {
            self.out.push('ت');
        }
    }

    /// One of the `n` of a group of the cast, another one than last time; the first most often.
    fn another(&mut self, group: usize, n: usize) -> usize {
        let mut which = self.random.below(n).min(self.random.below(n));
        if which == self.last[group] {
            which = (which + 1 + self.random.below(n - 1)) % n;
        }
        self.last[group] = which;
        which
    }

    fn person(&mut self, short: bool) {
        let which = self.another(3, 4);
        let (role, [given, family], known) = &mut self.cast.people[which];
        if short && *known {
            self.out.push_str(family);
            return;
        }
        let with_role = !*known;
        *known = true;
        for part in [*role, " ", *given, " ", *family]
            .iter()
            .skip(if with_role { 0 } else { 2 })
        {
            self.out.push_str(part);
        }
    }

    fn agree(&mut self, noun: &str, definite: bool) {
        self.feminine = is_feminine(noun);
        self.definite = definite;
    }

    /// Appends a content word, now and then with a mark of tashkeel after its second letter.
    fn push(&mut self, word: &str) {
        if self.random.chance(VOCALISED)
            && let Some((at, _)) = word.char_indices().nth(2)
        {
            self.out.push_str(&word[..at]);
            self.out.push_str(
                self.random
                    .pick(&["\u{0651}", "\u{064F}", "\u{0650}", "\u{064E}"]),
            );
            self.out.push_str(&word[at..]);
        } else {
            self.out.push_str(word);
        }
    }

    fn number(&mut self, n: u64) {
        let digits = n.to_string();
        if self.eastern_digits {
            self.out.push_str(&eastern(&digits));
        } else {
            self.out.push_str(&digits);
        }
    }
}

/// `text` with Arabic-Indic digits.
pub(super) fn eastern(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => char::from_u32(0x0660 + u32::from(c) - 0x30).unwrap_or(c),
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_slot_is_left_unfilled() {
        let mut writer = Writer::new(Random::new(5), Date::of(1_704_067_200), true);
        let all = [frames::LEADS, frames::BODY, frames::TITLES, frames::CLAUSES].concat();
        for frame in all {
            writer.write(frame);
            writer.out.push('\n');
        }
        assert!(
            !writer
                .out
                .contains(|c: char| c.is_ascii_alphanumeric() || "{|}".contains(c)),
            "{}",
            writer.out
        );
    }
}
