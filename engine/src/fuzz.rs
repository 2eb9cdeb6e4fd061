//! What must hold of any input, for the fuzz targets in `fuzz/`; they are no part of the library. The tests run
//! them on the corpus that is kept there.

use xxhash_rust::xxh3::xxh3_128;

use crate::{
    Collection, Detector, FoldedText, Metadata, Method, Record, Restoration, Shingling, Submission,
    codec::Reader,
    fingerprint::{Fingerprinter, SimHash, StoredContent},
    oracle,
    record::Head,
};

/// Folding and all that is made of a text agree with their definitions, and folding is idempotent. The text's
/// beginning is its title.
pub fn text(text: &str) {
    let title: String = text.chars().take(text.len() % 64).collect();
    article(&title, text);
}

fn article(title: &str, text: &str) {
    let folded = FoldedText::new(text);
    let words = oracle::fold(text);
    let joined = words.join(" ");
    assert_eq!(folded.text(), joined);
    assert_eq!(FoldedText::new(&joined).text(), joined);
    assert_eq!(folded.tokens().len(), words.len());
    for token in folded.tokens() {
        let place = token.start as usize..token.end as usize;
        assert!(text.get(place).is_some_and(|word| !word.is_empty()));
    }

    let letters: Vec<u16> = joined.encode_utf16().collect();
    let units: Vec<u64> = letters.iter().copied().map(u64::from).collect();
    let held = oracle::content(&oracle::fold(title), &words);
    let words = oracle::hashes(&words);
    let size = 1 + text.len() as u8 % 8;
    let mut fingerprinter = Fingerprinter::default();
    for (features, units) in [
        (Shingling::Characters(size), &units),
        (Shingling::Words(size), &words),
    ] {
        let detector = Detector {
            features,
            ..Detector::new(Method::Full)
        };
        let fingerprint = fingerprinter.fingerprint(title, text, &detector);
        let hashes = oracle::shingles(units, size.into());
        assert_eq!(fingerprint.simhash, SimHash(oracle::majority(&hashes)));
        assert_eq!(
            fingerprint.exact.0,
            xxh3_128(bytemuck::cast_slice(&letters))
        );
        assert_eq!(fingerprint.tokens as usize, words.len());
        if let Some(content) = fingerprinter.side(&fingerprint, None).content
            && fingerprint.tokens >= Detector::MIN_TOKENS
        {
            assert_eq!(oracle::Held::from(content), held);
            let stored = content.to_stored();
            assert_eq!(StoredContent::try_from(stored.as_ref()), Ok(stored));
        }
        assert_eq!(fingerprinter.sketch(text, &detector), fingerprint);
        assert!(fingerprinter.side(&fingerprint, None).content.is_none());
    }
}

/// Whatever is taken for a record is written so that it is read back the same.
pub fn record(bytes: &[u8]) {
    let _ = Record::decode_without_content(bytes);
    let _ = Head::read(&mut Reader(bytes));
    if let Ok(record) = Record::decode(bytes) {
        let mut once = Vec::new();
        record.write(&mut once);
        let again = Record::decode(&once).expect("it is read back");
        let mut twice = Vec::new();
        again.write(&mut twice);
        assert_eq!(once, twice);
    }
}

/// An index with whatever is taken for a record answers every question about it. The text is that of the
/// corpus, so that there is something to compare.
pub fn restored(bytes: &[u8]) {
    let Ok(record) = Record::decode(bytes) else {
        return;
    };
    let id = record.id().to_owned();
    let sequences = [record.sequence()];
    let collection = Collection::new(Detector::default());
    let restoration = Restoration::new(collection, &sequences).expect("room");
    restoration.sheet().add(bytes).expect("it was read before");
    let collection = restoration.finish(0, 1.0);
    let mut fingerprinter = Fingerprinter::default();
    let metadata = Metadata::default();
    let submission = Submission {
        id: "asked",
        text: TEXT,
        metadata: &metadata,
        now: 0,
    };
    let answer = collection.check(&mut fingerprinter, submission, 10);
    assert!(answer.matches.len() <= 1);
    let article = collection.get(&id).expect("it is indexed");
    collection.find_related(&article, 10);
    collection.find_near(article.fingerprint.simhash, 12, None, 10);
    assert!(collection.delete(&id, &()));
    assert_eq!(collection.stats().articles, 0);
}

/// An article that the kept records are of.
pub const TEXT: &str = "افتتح وزير الثقافة مساء أمس معرض الكتاب الدولي في دورته الثلاثين بمشاركة أكثر من \
    1000 دار نشر من خمسين دولة. وقال الوزير في كلمته إن المعرض صار موعدا ينتظره القراء كل عام، وإن القراءة حق \
    لكل طفل. ويستمر المعرض 10 أيام، وتصاحبه ندوات وأمسيات شعرية وورش للأطفال.";

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{BufRead as _, BufReader},
        path::{Path, PathBuf},
        sync::{Arc, Mutex},
    };

    use serde_json::Value;

    use super::*;
    use crate::{Article, Collection, Journal};

    fn corpus(target: &str) -> PathBuf {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        project.join("../fuzz/corpus").join(target)
    }

    /// What is kept for a target.
    fn kept(target: &str) -> Vec<Vec<u8>> {
        let files = fs::read_dir(corpus(target)).expect("a corpus");
        let kept: Vec<_> = files
            .map(|file| fs::read(file.expect("a file").path()).expect("bytes"))
            .collect();
        assert!(!kept.is_empty());
        kept
    }

    #[test]
    fn what_is_kept_for_texts() {
        super::text(super::TEXT);
        for bytes in kept("text") {
            super::text(&String::from_utf8_lossy(&bytes));
        }
    }

    /// `BASMA_CORPUS=articles.jsonl cargo test --release -p basma-engine every_line -- --ignored --nocapture`: each
    /// line of a file, a JSON object with a text and a title or a text as it is.
    #[test]
    #[ignore = "it wants a corpus"]
    fn every_line_of_a_corpus() {
        let corpus = std::env::var("BASMA_CORPUS").expect("BASMA_CORPUS");
        let lines = BufReader::new(fs::File::open(corpus).expect("a file")).lines();
        let (mut texts, mut bytes) = (0, 0);
        for line in lines {
            let line = line.expect("UTF-8");
            let object: Value = serde_json::from_str(&line).unwrap_or_default();
            let [title, text] = ["title", "text"].map(|field| object[field].as_str());
            let text = text.unwrap_or(&line);
            super::article(title.unwrap_or_default(), text);
            texts += 1;
            bytes += text.len();
        }
        assert!(texts > 0);
        println!("{texts} texts of {bytes} bytes agree with the plain definitions");
    }

    #[test]
    fn what_is_kept_for_records() {
        for bytes in kept("record") {
            super::record(&bytes);
        }
        for bytes in kept("restored") {
            super::restored(&bytes);
        }
    }

    /// `cargo test -p basma-engine seeds -- --ignored` writes the beginnings of the corpus.
    #[test]
    #[ignore = "writes to the source tree"]
    fn seeds() {
        let write = |target: &str, number: usize, bytes: &[u8]| {
            let folder = corpus(target);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join(format!("seed-{number}")), bytes).expect("a file");
        };
        for (number, text) in texts().iter().enumerate() {
            write("text", number, text.as_bytes());
        }
        for (number, record) in records().iter().enumerate() {
            write("record", number, record);
            write("restored", number, record);
        }
    }

    fn texts() -> Vec<String> {
        vec![
            TEXT.to_owned(),
            "اِفتتح وزيرُ الثقافةِ، ١٢٣ ۴۵ کتاب ہى ئ ؤ ة آأإٱ".to_owned(),
            "ﻻ ﷺ ﷲ ﹷ ﳲ ﴾ﻓﻲ﴿ \u{200f}\u{202b}كتـــاب\u{202c}".to_owned(),
            "Ärger İstanbul ﬁ ½ ǅ 한국어 각 e\u{301}\u{327} 😀 \u{1d7d8} क्षि".to_owned(),
            "كلمه ".repeat(40),
        ]
    }

    /// What a journal would be told of a few articles.
    #[derive(Default)]
    struct Kept(Mutex<Vec<Vec<u8>>>);

    impl Journal for Kept {
        fn admitted(&self, article: &Arc<Article>, replaced: Option<&Arc<Article>>, usual: f64) {
            let mut record = Vec::new();
            let replaced = replaced.map(|replaced| replaced.sequence());
            Record::encode(article, replaced, usual, &mut record);
            self.0.lock().expect("no panic").push(record);
        }

        fn deleted(&self, _: &Arc<Article>) {}
    }

    fn records() -> Vec<Vec<u8>> {
        let collection = Collection::new(Default::default());
        let mut fingerprinter = Fingerprinter::default();
        let kept = Kept::default();
        let metadata = Metadata {
            title: "افتتاح المعرض".into(),
            source: "alwatan".into(),
            url: "https://alwatan.example/1".into(),
            published: Some(1_795_000_000_000),
        };
        let shorter: String = TEXT.chars().take(200).collect();
        let changed = TEXT.replace("الكتاب", "الزهور").replace("1000", "1200");
        for (id, text) in [
            ("1", TEXT),
            ("2", &shorter),
            ("3", &changed),
            ("1", "خبر عاجل"),
        ] {
            let submission = Submission {
                id,
                text,
                metadata: &metadata,
                now: 1_795_000_000_000,
            };
            collection
                .submit(&mut fingerprinter, submission, 10, &kept)
                .expect("room");
        }
        kept.0.into_inner().expect("no panic")
    }
}
