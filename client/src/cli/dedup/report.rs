//! A page about a deduplicated corpus, for people: one file of HTML without scripts, that loads nothing.

mod differences;
mod examples;
mod figures;
mod html;
mod page;
mod sample;

use std::io::{self, Write};

use basma_engine::Detector;

pub(super) use self::sample::Sample;
use self::{examples::Examples, figures::Figures};
use super::{decide::Counts, ledger::Stories};
use crate::input::{Fields, Records};

/// Writes the page; `input` is gone through again for the texts of the examples.
///
/// # Errors
/// Those of `out`, and of the file of the stories.
pub(super) fn write(
    out: &mut impl Write,
    files: &[String],
    (stories, counts): (&Stories, &Counts),
    (sample, input, fields): (&Sample, Records, &Fields),
    detector: &Detector,
) -> io::Result<()> {
    let figures = Figures::new(stories)?;
    let examples = Examples::read(sample, input, fields, detector);
    page::write(out, files, counts, &figures, &examples)
}
