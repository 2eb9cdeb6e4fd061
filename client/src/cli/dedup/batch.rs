//! Records that are read, and fingerprinted, together.

use basma_engine::{Detector, Fingerprint, Fingerprinter};

use crate::{
    cli::item::Item,
    input::{Broken, Fields, Parsed, Place, Records},
};

/// Records of a batch: enough to be worth handing to another thread.
const RECORDS: usize = 64;

/// A batch that has reached this size in bytes takes no more records, so that the largest ones do not
/// multiply by their number.
const BYTES: usize = 1 << 20;

/// Consecutive records of the input, with memory that is used again and again.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<Record>,
    /// How many of `records` belong to it now.
    used: usize,
}

/// A record, and what it became.
pub(super) struct Record {
    pub(super) place: Place,
    /// As it was read; empty if it could not be.
    pub(super) line: Vec<u8>,
    /// What made the fingerprint, and remembers its text's shingles.
    pub(super) fingerprinter: Fingerprinter,
    pub(super) outcome: Result<Ready, String>,
}

/// An article that can be decided.
pub(super) struct Ready {
    pub(super) item: Item,
    pub(super) fingerprint: Fingerprint,
    pub(super) unreadable_date: bool,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            place: Place::default(),
            line: Vec::new(),
            fingerprinter: Fingerprinter::default(),
            outcome: Err(String::new()),
        }
    }
}

impl Batch {
    /// Takes the next records of the input; false if there are none.
    pub(super) fn fill(&mut self, input: &mut Records) -> bool {
        let mut bytes = 0;
        self.used = 0;
        while self.used < RECORDS && bytes < BYTES {
            if self.used == self.records.len() {
                self.records.push(Record::default());
            }
            let record = &mut self.records[self.used];
            record.line.clear();
            match input.next(&mut record.line) {
                None => break,
                Some(Ok(place)) => {
                    record.place = place;
                    record.outcome = Err(String::new());
                }
                Some(Err(Broken { place, cause })) => {
                    record.place = place;
                    record.line.clear();
                    record.outcome = Err(cause);
                }
            }
            bytes += record.line.len();
            self.used += 1;
        }
        self.used > 0
    }

    /// Reads and fingerprints every record.
    pub(super) fn fingerprint(&mut self, fields: &Fields, detector: &Detector) {
        for record in &mut self.records[..self.used] {
            if record.line.is_empty() {
                continue;
            }
            if record.line.len() > BYTES {
                // What one large article took is not kept for the small ones after it.
                record.fingerprinter = Fingerprinter::default();
            }
            record.outcome = fields.parse(&record.line).map(|parsed| {
                let Parsed {
                    article,
                    unreadable_date,
                } = parsed;
                let item = Item::from(article);
                let title = &item.metadata.title;
                let fingerprint = record
                    .fingerprinter
                    .fingerprint(title, &item.text, detector);
                Ready {
                    item,
                    fingerprint,
                    unreadable_date,
                }
            });
        }
    }

    /// The records, in their order.
    pub(super) fn records(&mut self) -> &mut [Record] {
        &mut self.records[..self.used]
    }
}
