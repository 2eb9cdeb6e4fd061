//! A collection of articles that were readmitted answers as the one that decided them.

use super::{
    super::{Collection, Decision, Submission},
    METHODS, story,
};
use crate::{detector::Detector, fingerprint::Fingerprinter, index::articles::Metadata};

#[test]
fn answers_as_before() {
    // Copies, near copies, contained ones, and stories of their own.
    let texts: Vec<String> = (0..120)
        .map(|n| match n % 6 {
            0 | 1 => story(n, 60),
            2 => story(n - 2, 60),
            3 => format!("{} {}", story(n - 3, 60), story(1000 + n, 4)),
            4 => format!("{} {}", story(n - 4, 60), story(2000 + n, 60)),
            _ => story(n, 5),
        })
        .collect();
    for method in METHODS {
        let (first, second) = (
            Collection::new(Detector::new(method)),
            Collection::new(Detector::new(method)),
        );
        let metadata = Metadata::default();
        let mut fingerprinter = Fingerprinter::default();
        for (n, text) in texts.iter().enumerate() {
            let id = format!("{n}");
            let submission = Submission {
                id: &id,
                text,
                metadata: &metadata,
                now: 0,
            };
            if n < 90 {
                first
                    .submit(&mut fingerprinter, submission, 10, &())
                    .expect("an article");
                let decided = first.get(&id).expect("an article");
                let story = first.canonical_id(&decided);
                let decision = Decision {
                    verdict: decided.verdict,
                    story: (*story != *id).then_some(&*story),
                    is_story: decided.is_story,
                };
                let fingerprint = fingerprinter.fingerprint("", text, &second.detector());
                second
                    .readmit(&fingerprinter, fingerprint, submission, decision)
                    .expect("an article");
                continue;
            }
            assert_eq!(first.stats().verdicts, second.stats().verdicts);
            let [a, b] = [&first, &second].map(|collection| {
                let fingerprint = fingerprinter.fingerprint("", text, &collection.detector());
                let answer =
                    collection.submit_fingerprinted(&fingerprinter, fingerprint, submission, 10);
                let answer = answer.expect("an article");
                let matches = answer.matches.into_iter();
                let matches: Vec<_> = matches
                    .map(|found| (found.article.id.clone(), found.evidence))
                    .collect();
                (answer.verdict, answer.canonical_id, matches)
            });
            assert_eq!(a, b, "{method:?} {n}");
        }
        assert_eq!(first.stats().clusters, second.stats().clusters);
    }
}
