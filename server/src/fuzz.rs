//! What must hold of any input, for the fuzz targets in `fuzz/`; they are no part of the library. The tests run
//! them on the corpus that is kept there.

use crate::{service, store};

/// A message is answered, or refused with a reason.
pub fn request(bytes: &[u8]) {
    service::fuzz::request(bytes);
}

/// A file of a journal is read, or refused.
pub fn journal(bytes: &[u8]) {
    store::fuzz::journal(bytes);
}

/// A backup is restored, or refused and leaves nothing.
pub fn backup(bytes: &[u8]) {
    store::fuzz::backup(bytes);
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use basma_proto::v1;
    use prost::Message as _;

    const TEXT: &str =
        "افتتح وزير الثقافة مساء أمس معرض الكتاب الدولي في دورته الثلاثين بمشاركة 1000 دار نشر.";

    fn corpus(target: &str) -> PathBuf {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        project.join("../fuzz/corpus").join(target)
    }

    /// Runs a target on what is kept for it.
    fn run(name: &str, target: fn(&[u8])) {
        let mut count = 0;
        for file in fs::read_dir(corpus(name)).expect("a corpus") {
            target(&fs::read(file.expect("a file").path()).expect("bytes"));
            count += 1;
        }
        assert!(count > 0);
    }

    #[test]
    fn what_is_kept_for_requests() {
        run("request", super::request);
    }

    #[test]
    fn what_is_kept_for_journals() {
        run("journal", super::journal);
    }

    #[test]
    fn what_is_kept_for_backups() {
        run("backup", super::backup);
    }

    /// `cargo test -p basma-server seeds -- --ignored` writes the beginnings of the corpus.
    #[test]
    #[ignore = "writes to the source tree"]
    fn seeds() {
        let write = |target: &str, number: usize, bytes: &[u8]| {
            let folder = corpus(target);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join(format!("seed-{number}")), bytes).expect("a file");
        };
        for (number, request) in requests().iter().enumerate() {
            write("request", number, request);
        }
        let [journal, backup] = crate::store::fuzz::seeds();
        write("journal", 0, &journal);
        write("backup", 0, &backup);
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
        let whole = v1::CompareSide {
            side: Some(v1::compare_side::Side::Article(article.clone())),
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
                    b: Some(whole),
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
}
