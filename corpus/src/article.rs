//! Original articles: a dateline, a lead and paragraphs of a log-normal total length.

use super::calendar::{self, Date};
use super::frames;
use super::names::PAPERS;
use super::random::Random;
use super::sentence::Writer;

/// Deviation of the logarithm of the length.
const LENGTH_SIGMA: f64 = 0.7;

/// No article has more words.
const LONGEST: f64 = 100_000.0;

/// Seconds between two articles: 1440 a day, what a country's papers publish.
pub(super) const INTERVAL: i64 = 60;

/// The first article's moment: 2024-01-01.
const EPOCH: i64 = 1_704_067_200;

/// An article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Unique in its corpus or stream.
    pub id: String,
    /// Headline.
    pub title: String,
    /// Short name of the paper.
    pub source: &'static str,
    /// The body: paragraphs, one a line.
    pub text: String,
    /// Unix seconds; never falls with the index.
    pub published: i64,
}

impl Article {
    /// An address on the paper's (reserved, nonexistent) site.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}.example/{}", self.source, self.id)
    }

    /// The moment of publication as `2024-01-31 23:59:59`.
    #[must_use]
    pub fn date(&self) -> String {
        calendar::timestamp(self.published)
    }
}

/// When article `index` is published.
pub(super) fn moment(seed: u64, index: u64) -> i64 {
    let late = Random::of(seed, 2, index).between(0, INTERVAL as u64 - 1);
    EPOCH
        + (index as i64)
            .saturating_mul(INTERVAL)
            .saturating_add(late as i64)
}

/// Writes article `index` of the corpus `seed`.
pub(super) fn write(seed: u64, index: u64, mean_words: f64) -> Article {
    let mut random = Random::of(seed, 1, index);
    let paper = &PAPERS[random.below(PAPERS.len())];
    let published = moment(seed, index);
    let eastern_digits = random.chance(0.25);
    let wanted = random.log_normal(mean_words, LENGTH_SIGMA).min(LONGEST) as usize;
    let mut writer = Writer::new(random, Date::of(published), eastern_digits);

    let headline = writer.random.pick(frames::TITLES);
    writer.write(headline);
    let title = std::mem::replace(&mut writer.out, String::with_capacity(wanted * 13 + 512));

    dateline(&mut writer, paper.name);
    let lead = writer.random.pick(frames::LEADS);
    writer.write(lead);
    let mut used = 0_u128;
    let mut words = spaces(&writer.out);
    let mut in_paragraph = 2;
    // A sentence has some 18 words: stop where one more would overshoot on average.
    while words + 9 < wanted {
        let mut frame = writer.random.below(frames::BODY.len());
        for _ in 0..2 {
            if used >> frame & 1 == 1 {
                frame = writer.random.below(frames::BODY.len());
            }
        }
        used |= 1 << frame;
        in_paragraph += 1;
        let full = in_paragraph >= 2 && (in_paragraph > 3 || writer.random.chance(0.5));
        writer.out.push(if full { '\n' } else { ' ' });
        if full {
            in_paragraph = 0;
        }
        let start = writer.out.len();
        writer.write(frames::BODY[frame]);
        words += spaces(&writer.out[start..]) + 1;
    }
    writer.out.push('\n');
    Article {
        id: format!("{seed:x}-{index}"),
        title,
        source: paper.key,
        text: writer.out,
        published,
    }
}

fn dateline(writer: &mut Writer, paper: &str) {
    let city = writer.city();
    match writer.random.below(4) {
        0 => writer.out.push_str(&format!("{city} - {paper}: ")),
        1 => writer.out.push_str(&format!("{city} (وكالات) - ")),
        2 => writer.out.push_str(&format!("{city}: ")),
        _ => {}
    }
}

fn spaces(text: &str) -> usize {
    text.bytes().filter(|&b| b == b' ').count()
}
