//! The page about a corpus whose every field is hostile.

use basma_engine::{Collection, Detector, Fingerprinter, Submission};

use super::{
    super::{Sample, write},
    *,
};
use crate::{
    cli::dedup::ledger::Ledger,
    input::{Fields, Records},
};

const HOSTILE: &str = "</p></bdi></table></style><script>alert(1)</script><img src=x onerror=alert(1)>\
    \"'><a href=javascript:alert(1)>&lt;\u{202e}خبر\u{2066}";

/// The page about articles that are copies of each other in pairs.
fn page(articles: &[serde_json::Value]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.jsonl");
    let lines: String = articles
        .iter()
        .map(|article| format!("{article}\n"))
        .collect();
    std::fs::write(&path, lines).expect("a file");
    let name = str::to_owned;
    let fields = Fields {
        id: name("id"),
        text: name("text"),
        title: name("title"),
        source: name("source"),
        url: name("url"),
        date: name("date"),
    };
    let (collection, detector) = (Collection::new(Detector::default()), Detector::default());
    let (mut counts, mut sample) = (Counts::default(), Sample::default());
    let mut fingerprinter = Fingerprinter::default();
    let mut ledger = Ledger::new(folder.path()).expect("a file");
    for article in articles {
        let line = article.to_string();
        let item = crate::cli::item::Item::from(
            fields.parse(line.as_bytes()).expect("an article").article,
        );
        let submission = Submission {
            id: &item.id,
            text: &item.text,
            metadata: &item.metadata,
            now: 0,
        };
        let answer = collection
            .submit(&mut fingerprinter, submission, 1, &())
            .expect("room");
        let matched = answer.matches.first().map(|best| &*best.article.id);
        ledger
            .add(&item.id, &item.metadata, answer.verdict, matched)
            .expect("written");
        counts.articles += 1;
        counts.kept += u64::from(!answer.verdict.is_duplicate());
        if let (Verdict::Related(relation), Some(best)) = (answer.verdict, answer.matches.first()) {
            sample.offer(relation, &item.id, &best.article.id);
        }
    }
    let stories = ledger.finish().expect("written");
    assert!(stories.with_duplicates() > 0);
    let mut out = Vec::new();
    let input = Records::new(vec![path], Default::default());
    let files = [HOSTILE.to_owned()];
    write(
        &mut out,
        &files,
        (&stories, &counts),
        (&sample, input, &fields),
        &detector,
    )
    .expect("memory");
    String::from_utf8(out).expect("text")
}

/// The tags of a page in their order, with what stands in them.
fn tags(page: &str) -> Vec<&str> {
    let tags = page.split('<').skip(1);
    tags.map(|rest| rest.split_once('>').expect("the end of a tag").0)
        .collect()
}

#[test]
fn what_others_wrote_is_text_and_nothing_else() {
    let article = |id: &str, text: &str| {
        serde_json::json!({
            "id": format!("{id}{HOSTILE}"), "text": format!("{HOSTILE} {text} {HOSTILE}"),
            "title": if id == "2" { "" } else { HOSTILE }, "source": format!("{id}{HOSTILE}"),
            "url": format!("javascript://x/%0a{HOSTILE}"), "date": "2026-11-20",
        })
    };
    let text =
        "افتتح وزير الثقافة مساء أمس معرض الكتاب الدولي بمشاركة ألف دار نشر ويستمر عشرة أيام";
    let page = page(&[
        article("1", text),
        article("2", &format!("{text} في العاصمة")),
    ]);
    let known = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3",
        "h4", "p", "ul", "li", "b", "i", "div", "span", "table", "tr", "th", "td", "bdi",
        "article", "section", "mark",
    ];
    let mut open = Vec::new();
    for tag in tags(&page) {
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(known.contains(&name.trim_start_matches('/')), "{tag}");
        assert!(
            name == "meta"
                || ["onerror", "href", "src"]
                    .iter()
                    .all(|name| !attributes.contains(name)),
            "{tag}"
        );
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "{tag}"),
            None if ["!doctype", "meta"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty());
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for mark in ['\u{202e}', '\u{2066}'] {
        assert!(!page.contains(mark));
    }
    assert!(
        page.contains("NEAR_DUPLICATE") && page.contains("<mark>"),
        "{page}"
    );
    // Nothing is asked of anyone.
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("url(") && !page.contains("@import"));
}

#[test]
fn the_page_stays_small_however_large_the_corpus() {
    let word = |n: usize| {
        [
            "وزير",
            "معرض",
            "كتاب",
            "مدينة",
            "فريق",
            "سوق",
            "طريق",
            "مدرسة",
        ][n % 8]
            .to_owned()
            + &"ة".repeat(n / 8 % 9)
    };
    let text = |story: usize| {
        (0..60)
            .map(|n| word(story * 7 + n * (story % 5 + 1)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let articles: Vec<_> = (0..400).map(|n| serde_json::json!({
        "id": n.to_string(), "text": format!("{} {n}", text(n / 2)), "title": "عنوان ".repeat(500),
        "source": format!("مصدر {n}"), "url": format!("https://a.example/{n}"),
    })).collect();
    let page = page(&articles);
    assert!(page.len() < 200_000, "{}", page.len());
    assert!(
        page.contains("370 more"),
        "sources beyond those in the table"
    );
    assert!(
        tags(&page)
            .iter()
            .filter(|tag| tag.starts_with("article"))
            .count()
            <= 32
    );
}
