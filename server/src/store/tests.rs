//! What becomes of a journal when its files are damaged, cut off or lost.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

use basma_engine::{Collection, Fingerprinter, Metadata, Record, Submission};

use super::{
    folder::Folder,
    log::{Log, WITNESS, file_name, testimony},
    recover::{Recovered, recover},
    *,
};
use crate::{named::Named, settings::Settings};

/// A journal that is written by hand: what the committer does, without its thread.
struct Written {
    _folder: tempfile::TempDir,
    folder: Folder,
    named: Arc<Named>,
    log: Log,
    segment: u64,
}

impl Written {
    fn new(segment: u64) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(root.path()).expect("a folder");
        let queue = Arc::new(Queue::new(0));
        let book = Book {
            number: 0,
            queue: Arc::clone(&queue),
        };
        let settings = Settings {
            keep_texts: true,
            ..Settings::default()
        };
        let named = Arc::new(Named::new(
            ("news", 7),
            settings,
            Collection::new(settings.detector),
            Texts::within(folder.journal("news")),
            Some(book),
        ));
        let log = folder.create(&named, segment).expect("room");
        let mut written = Self {
            _folder: root,
            folder,
            named,
            log,
            segment,
        };
        written.commit();
        written
    }

    fn submit(&self, id: &str, text: &str) {
        let metadata = Metadata::default();
        let submission = Submission {
            id,
            text,
            metadata: &metadata,
            now: 1,
        };
        let page = self.named.page(text);
        let mut fingerprinter = Fingerprinter::default();
        let answer = (self.named.collection).submit(&mut fingerprinter, submission, 3, &page);
        answer.expect("there is room");
    }

    fn delete(&self, id: &str) -> bool {
        self.named
            .collection
            .delete(id, &Page::new(&self.named, None))
    }

    /// Writes what waits, and cleans a step.
    fn commit(&mut self) {
        self.commit_while(|_| ());
    }

    /// The same, and something happens between taking what waits and writing it.
    fn commit_while(&mut self, happen: impl FnOnce(&Self)) {
        let (ops, ..) = self
            .named
            .book
            .as_ref()
            .expect("a book")
            .queue
            .take(Some(std::time::Instant::now()));
        happen(self);
        let mut batch = self.log.batch(self.segment);
        for (_, op) in &ops {
            self.log.add(&mut batch, op);
        }
        if self.log.needs_cleaning(self.segment) {
            self.log.clean(&mut batch);
        }
        self.log.write(&mut batch, true).expect("room");
        self.log.note().expect("room");
        self.log.drop_cleaned();
    }

    fn path(&self) -> PathBuf {
        self.folder.journal("news")
    }

    fn recover(&self) -> Result<Recovered, String> {
        recover(&self.path(), false, &AtomicU64::new(0))
    }

    fn newest(&self) -> PathBuf {
        self.path().join(file_name(self.log.number))
    }
}

/// The journal of a few articles, one deleted, and a backup of it.
pub(super) fn written() -> [Vec<u8>; 2] {
    let short = |number| text(number).chars().take(120).collect::<String>();
    let mut written = Written::new(SEGMENT);
    for number in 0..3 {
        written.submit(&number.to_string(), &short(number));
    }
    written.submit("3", &short(0));
    written.delete("1");
    written.commit();
    let mut backup = Vec::new();
    let snapshot = Snapshot::new([&written.log].into_iter(), Arc::new(()));
    let copied = snapshot.write(|block| {
        backup.extend(block);
        true
    });
    copied.expect("a backup");
    [fs::read(written.newest()).expect("a file"), backup]
}

/// Words that no other number has.
fn text(number: usize) -> String {
    let word = |place: usize| format!("كلمة{}", number * 1000 + place);
    (0..30).map(word).collect::<Vec<_>>().join(" ")
}

/// An article that a journal leaves.
#[derive(Clone, Debug)]
struct Left {
    id: String,
    sequence: u64,
    text: Option<String>,
    size: u64,
}

/// All of them, by id.
fn left(found: &Recovered) -> Vec<Left> {
    let files = found.replay(|admissions| {
        let left = admissions.iter().map(|admission| {
            let record = Record::decode(admission.record).expect("a record");
            let text = (admission.place()).map(|_| texts::unpack(admission.text).expect("a text"));
            Left {
                id: record.id().to_owned(),
                sequence: record.sequence(),
                text,
                size: admission.size,
            }
        });
        Ok(left.collect::<Vec<_>>())
    });
    let mut all = files.expect("whole files").concat();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

fn ids(found: &Recovered) -> Vec<String> {
    left(found).into_iter().map(|one| one.id).collect()
}

#[test]
fn cut_off_anywhere_it_is_what_was_acknowledged_or_an_error() {
    let mut written = Written::new(SEGMENT);
    // Where the file and the witness stood after each commit.
    let mut stands = vec![(written.log.length, written.log.entries)];
    for number in 0..4 {
        written.submit(&number.to_string(), &text(number));
        written.commit();
        stands.push((written.log.length, written.log.entries));
    }
    let whole = fs::read(written.newest()).expect("a file");
    let witness = written.path().join(WITNESS);
    for length in 0..whole.len() {
        fs::write(written.newest(), &whole[..length]).expect("room");
        // All of it had been acknowledged: never a silent loss.
        fs::write(&witness, testimony(written.log.entries)).expect("room");
        let error = written
            .recover()
            .expect_err("acknowledged changes are missing");
        assert!(error.contains("00000001.log"), "{error}");
        // Only what is whole had been: that is what comes back.
        let last = stands.iter().rposition(|(end, _)| *end <= length as u64);
        let Some(last) = last else {
            continue;
        };
        fs::write(&witness, testimony(stands[last].1)).expect("room");
        let found = written.recover().expect("the last acknowledged state");
        let expected: Vec<_> = (0..last).map(|number| number.to_string()).collect();
        assert_eq!(ids(&found), expected, "{length}");
    }
}

#[test]
fn a_flipped_bit_is_never_taken_for_an_article() {
    let mut written = Written::new(SEGMENT);
    for number in 0..3 {
        written.submit(&number.to_string(), &text(number));
        written.commit();
    }
    let whole = fs::read(written.newest()).expect("a file");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(written.newest(), damaged).expect("room");
        let error = written.recover().expect_err("it is damaged");
        assert!(error.contains("00000001.log"), "{error}");
        // The flag takes what is left, and only that.
        if let Ok(left) = recover(&written.path(), true, &AtomicU64::new(0)) {
            let ids = ids(&left);
            assert!(ids.len() < 3 && ids.iter().eq(["0", "1"].iter().take(ids.len())));
        }
    }
    fs::write(written.newest(), whole).expect("room");
    assert_eq!(ids(&written.recover().expect("as before")), ["0", "1", "2"]);
}

/// Each file is missing in its turn, the witness too.
#[test]
fn a_missing_file_is_named() {
    let mut written = Written::new(2 << 10);
    for number in 0..30 {
        written.submit(&number.to_string(), &text(number));
        written.commit();
    }
    assert!(written.log.number > 4);
    assert_eq!(written.recover().expect("whole").sequences.len(), 30);
    let aside = written._folder.path().join("aside");
    for name in (1..=written.log.number)
        .map(file_name)
        .chain([WITNESS.to_owned()])
    {
        let path = written.path().join(&name);
        fs::rename(&path, &aside).expect("a file");
        let error = written.recover().expect_err("a file is missing");
        // Of the newest one nothing but the number of changes is known.
        assert!(
            error.contains(&name) || error.contains("missing"),
            "{name}: {error}"
        );
        let left = recover(&written.path(), true, &AtomicU64::new(0));
        let left = left.map(|found| found.sequences.len());
        assert!(left.is_ok_and(|left| left > 20), "{name}");
        fs::rename(&aside, &path).expect("a file");
    }
    assert_eq!(written.recover().expect("whole again").sequences.len(), 30);
}

/// Twenty times the articles that are kept go through: files go, and nothing that is kept with them.
#[test]
fn cleaning_bounds_the_disk_and_loses_nothing() {
    let mut written = Written::new(16 << 10);
    let (kept, mut most) = (60, 0);
    for number in 0..20 * kept {
        written.submit(&number.to_string(), &text(number));
        if let Some(old) = number.checked_sub(kept) {
            assert!(written.delete(&old.to_string()));
        }
        written.commit();
        most = most.max(size(&written.path()));
    }
    let found = written.recover().expect("whole");
    let mut expected: Vec<_> = (19 * kept..20 * kept)
        .map(|number| number.to_string())
        .collect();
    expected.sort();
    assert_eq!(ids(&found), expected);
    let left = left(&found);
    let live: u64 = left.iter().map(|one| one.size).sum();
    assert!(most < 3 * live + (3 << 14), "{most} bytes of {live}");
    assert_eq!(live, written.log.live);
    for one in left {
        let number: usize = one.id.parse().expect("a number");
        assert_eq!(one.text, Some(text(number)));
        let now = written.named.texts.get(one.sequence);
        assert_eq!(now.expect("a whole text"), one.text);
    }
}

/// What replaces an article may wait to be written while the file of that article is cleaned: after a crash
/// at any commit there is one of the two.
#[test]
fn cleaning_waits_for_what_replaces() {
    let mut written = Written::new(8 << 10);
    let kept = 4;
    for id in 0..kept {
        written.submit(&id.to_string(), &text(id));
    }
    written.commit();
    for round in 1..60 {
        written.submit("revised over and over", &text(round));
        written.commit_while(|written| {
            // All that is alive in the oldest file dies just before it is looked at.
            if written.log.needs_cleaning(written.segment) {
                for id in 0..kept {
                    written.submit(&id.to_string(), &text(100 * round + id));
                }
            }
        });
        let found = ids(&written.recover().expect("whole"));
        assert_eq!(found.len(), kept + 1, "{round}: {found:?}");
    }
    assert!(written.log.state.first > 1, "nothing was cleaned");
}

#[test]
fn texts_and_settings_come_back() {
    let mut written = Written::new(SEGMENT);
    written.submit("1", &text(1));
    written.submit("1", &text(2));
    written.commit();
    let found = written.recover().expect("whole");
    assert_eq!(ids(&found), ["1"]);
    assert!(found.state.settings.keep_texts);
    assert_eq!((found.state.created, found.state.next), (7, 2));
    assert_eq!(left(&found)[0].text, Some(text(2)));
}

fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).expect("a folder");
    let sizes = files.map(|file| file.and_then(|file| file.metadata()).expect("a file").len());
    sizes.sum()
}
