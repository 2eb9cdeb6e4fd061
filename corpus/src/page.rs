//! Texts inside other texts, with the ranges where they stand.

use std::ops::Range;

use super::article::Article;
use super::calendar::Date;
use super::names::PAPERS;
use super::random::Random;
use super::token;

/// Where text of an article stands in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The article, by the index that the caller gave.
    pub of: u64,
    /// Range in the bytes of the page.
    pub bytes: Range<usize>,
    /// Range in the words of the page (see [`token::words`]).
    pub tokens: Range<usize>,
}

/// A text made of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The text.
    pub text: String,
    /// The parts that come from known articles, in the order of the text.
    pub parts: Vec<Part>,
    tokens: usize,
}

impl Page {
    /// Appends text that comes from nowhere.
    fn push(&mut self, text: &str) {
        self.tokens += token::count(text);
        self.text.push_str(text);
    }

    /// Appends text of article `of`, as a paragraph of its own.
    fn push_part(&mut self, of: u64, text: &str) {
        let text = text.trim();
        let (byte, first) = (self.text.len(), self.tokens);
        self.push(text);
        self.parts.push(Part {
            of,
            bytes: byte..self.text.len(),
            tokens: first..self.tokens,
        });
        self.text.push('\n');
    }
}

/// A page without known parts.
impl From<String> for Page {
    fn from(text: String) -> Self {
        Self {
            tokens: token::count(&text),
            text,
            parts: Vec::new(),
        }
    }
}

/// An article and the index by which the caller knows it.
pub type Indexed<'a> = (u64, &'a Article);

/// A brief: the first sentences of an article, about `share` of its words, one at least. Its part
/// is the whole brief.
#[must_use]
pub fn brief((of, article): Indexed<'_>, share: f64) -> Page {
    let mut page = Page::default();
    page.push_part(
        of,
        opening(&article.text, token::count(&article.text) as f64 * share),
    );
    page
}

/// A long report around an article, which makes up about `share` of its words (more, if `around`
/// is too short). Its part is the article, whole.
#[must_use]
pub fn report((of, article): Indexed<'_>, around: &Article, share: f64) -> Page {
    let own = token::count(&article.text) as f64 * (1.0 / share.clamp(0.05, 1.0) - 1.0);
    let own = opening(&around.text, own);
    let lead = opening(own, token::count(own) as f64 / 3.0);
    let mut page = Page::default();
    page.push(lead);
    page.push("\n");
    page.push_part(of, &article.text);
    page.push(own[lead.len()..].trim());
    page.push("\n");
    page
}

/// A page as a careless crawler stores it: headline, date, the first story, its source and tags, an
/// invitation to click, and the whole second story. Its parts are the two stories, whole.
#[must_use]
pub fn glued((first, story): Indexed<'_>, (second, other): Indexed<'_>, seed: u64) -> Page {
    let mut random = Random::of(seed, 4, first);
    let date = Date::of(story.published);
    let mut page = Page::default();
    page.push(&format!("{}\n", story.title));
    page.push(&format!(
        "تاريخ النشر: {} {} {} GMT\n",
        date.day,
        date.month_name(),
        date.year
    ));
    page.push_part(first, &story.text);
    page.push(&format!(
        "المصدر: {}\n",
        random.pick(&["وكالات", "رويترز", "أ ف ب", "الأناضول", "مواقع إلكترونية"])
    ));
    let tags: Vec<&str> = story
        .title
        .split_whitespace()
        .filter(|w| w.chars().count() > 4)
        .take(4)
        .collect();
    page.push(&format!("كلمات دلالية: {}\n", tags.join("، ")));
    page.push("لمزيد من الأخبار اضغط هنا\n");
    page.push(random.pick(&["إقرأ أيضاً:\n", "اقرأ أيضا:\n", "مواضيع ذات صلة\n"]));
    page.push(&format!("{}\n", other.title));
    page.push_part(second, &other.text);
    page
}

/// Two articles merged, their paragraphs taking turns. Every paragraph is a part.
#[must_use]
pub fn merged((first, one): Indexed<'_>, (second, two): Indexed<'_>) -> Page {
    let mut page = Page::default();
    let (mut ones, mut twos) = (one.text.lines(), two.text.lines());
    loop {
        let (a, b) = (ones.next(), twos.next());
        if a.is_none() && b.is_none() {
            return page;
        }
        a.into_iter().for_each(|text| page.push_part(first, text));
        b.into_iter().for_each(|text| page.push_part(second, text));
    }
}

/// An article inside the wrapper that its source's site puts around every article. Its part is the
/// article, whole.
#[must_use]
pub fn wrapped((of, article): Indexed<'_>) -> Page {
    let mut page = Page::default();
    let paper = PAPERS.iter().find(|paper| paper.key == article.source);
    let date = article.date();
    let fill = |frame: &str| {
        frame
            .replace('D', &date)
            .replace('N', paper.map_or("", |p| p.name))
            .replace('T', &article.title)
    };
    page.push(&fill(paper.map_or("", |p| p.head)));
    page.push_part(of, &article.text);
    page.push(fill(paper.map_or("", |p| p.foot)).trim_start());
    page
}

/// The first sentences of `text`, one at least, with about `words` words.
fn opening(text: &str, words: f64) -> &str {
    let mut seen = 0.0;
    let mut end = 0;
    for sentence in token::sentences(text) {
        let size = token::count(&text[sentence.clone()]) as f64;
        if end > 0 && seen + size / 2.0 > words {
            break;
        }
        seen += size;
        end = sentence.end;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Corpus;

    fn check(page: &Page, original: impl Fn(u64) -> String) {
        let words: Vec<_> = token::words(&page.text).collect();
        for part in &page.parts {
            let text = &page.text[part.bytes.clone()];
            assert!(original(part.of).contains(text));
            assert_eq!(token::count(text), part.tokens.len());
            assert!(words[part.tokens.start].start >= part.bytes.start);
            assert!(words[part.tokens.end - 1].end <= part.bytes.end);
        }
    }

    #[test]
    fn ranges_are_true() {
        let corpus = Corpus::new(8);
        for i in 0..50 {
            let (a, b) = (corpus.article(i), corpus.article(i + 1000));
            let original = |of| {
                if of == i {
                    a.text.clone()
                } else {
                    b.text.clone()
                }
            };
            let pages = [
                glued((i, &a), (i + 1000, &b), i),
                merged((i, &a), (i + 1000, &b)),
                wrapped((i, &a)),
                brief((i, &a), 0.4),
                report((i, &a), &b, 0.4),
            ];
            for page in &pages {
                check(page, original);
            }
            let whole =
                |page: &Page, part: usize| page.text[page.parts[part].bytes.clone()].to_owned();
            assert_eq!(whole(&pages[0], 0), a.text.trim());
            assert_eq!(whole(&pages[0], 1), b.text.trim());
            assert_eq!(whole(&pages[2], 0), a.text.trim());
            assert_eq!(whole(&pages[4], 0), a.text.trim());
        }
    }

    #[test]
    fn a_brief_is_about_its_share() {
        let corpus = Corpus::new(8).mean_words(600.0);
        let (mut whole, mut short) = (0, 0);
        for i in 0..200 {
            let article = corpus.article(i);
            whole += token::count(&article.text);
            short += token::count(&brief((i, &article), 0.4).text);
        }
        let share = f64::from(short as u32) / f64::from(whole as u32);
        assert!((0.36..0.44).contains(&share), "{share}");
    }
}
