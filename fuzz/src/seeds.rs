//! `seeds CORPUS DATA BACKUP`: writes the corpus that fuzzing begins with. DATA is the folder of a basmad that
//! is not running, BACKUP one of its backups; texts are our own.

use std::{cell::RefCell, env, fs, path::Path, sync::Arc};

use basma_engine::{
    Article, Collection, Fingerprinter, Journal, Metadata, Record, Submission,
    block::{Block, HEADER},
    codec::put_bytes,
    fuzz::TEXT,
};
use basma_proto::v1;
use prost::Message;

fn main() {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().expect("seeds CORPUS DATA BACKUP");
    let (corpus, data, backup) = (next(), next(), next());
    let write = |target: &str, number: usize, bytes: &[u8]| {
        let folder = Path::new(&corpus).join(target);
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
    for (number, request) in requests().iter().enumerate() {
        write("request", number, request);
    }
    let journal = Path::new(&data).join("collections/default/00000001.log");
    let journal = fs::read(journal).expect("a journal");
    write("journal", 0, &unsealed(&journal, 1));
    let backup = fs::read(backup).expect("a backup");
    write("backup", 0, &unsealed(&backup, 0));
}

/// Blocks as the targets take them: a count of entries, their length, and they.
fn unsealed(mut bytes: &[u8], number: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((block, length)) = Block::read(bytes, number) {
        if block.count > 0 {
            out.push(u8::try_from(block.count).expect("few entries"));
            put_bytes(&mut out, &bytes[HEADER..length]);
        }
        bytes = &bytes[length..];
    }
    assert!(bytes.is_empty());
    out
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
struct Kept(RefCell<Vec<Vec<u8>>>);

impl Journal for Kept {
    fn admitted(&self, article: &Arc<Article>, replaced: Option<&Arc<Article>>, usual: f64) {
        let mut record = Vec::new();
        let replaced = replaced.map(|replaced| replaced.sequence());
        Record::encode(article, replaced, usual, &mut record);
        self.0.borrow_mut().push(record);
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
    kept.0.into_inner()
}

fn requests() -> Vec<Vec<u8>> {
    let article = v1::Article {
        id: "1".to_owned(),
        title: "افتتاح المعرض".to_owned(),
        body: Some(v1::article::Body::Text(TEXT.to_owned())),
        ..Default::default()
    };
    let encoded = v1::Article {
        body: Some(v1::article::Body::EncodedText(v1::EncodedText {
            content: vec![0xc7, 0xe1, 0xe4, 0xd5, 0x20, 0xe5, 0xe4, 0xc7],
            charset: "windows-1256".to_owned(),
        })),
        ..article.clone()
    };
    let side = |text: &str| v1::CompareSide {
        side: Some(v1::compare_side::Side::Text(text.to_owned())),
    };
    let collection = v1::Collection {
        name: "default".to_owned(),
        detector: Some(v1::DetectorSettings {
            min_score: Some(0.5),
            ..Default::default()
        }),
        retention: Some(v1::TimeSpan {
            span: Some(Default::default()),
            clock: 1,
        }),
        ..Default::default()
    };
    let named = |name: &str| {
        Some(v1::Collection {
            name: name.to_owned(),
            ..collection.clone()
        })
    };
    let with = |rpc: u8, message: &[u8]| [&[rpc], message].concat();
    vec![
        with(
            0,
            &v1::SubmitRequest {
                article: Some(article.clone()),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        with(
            1,
            &v1::CheckRequest {
                article: Some(encoded.clone()),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        with(
            2,
            &v1::BatchSubmitRequest {
                articles: vec![article.clone(), encoded],
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        with(
            3,
            &v1::BatchCheckRequest {
                articles: vec![article],
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        with(
            4,
            &v1::FindDuplicatesRequest {
                query: Some(v1::find_duplicates_request::Query::SimhashHex(
                    "0c22fc462fd95218".to_owned(),
                )),
                distance: Some(3),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        with(
            5,
            &v1::CompareRequest {
                a: Some(side(TEXT)),
                b: Some(side("افتتح الوزير")),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        with(
            7,
            &v1::CreateCollectionRequest {
                collection: named("news"),
            }
            .encode_to_vec(),
        ),
        with(
            8,
            &v1::UpdateCollectionRequest {
                collection: named("default"),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
    ]
}
