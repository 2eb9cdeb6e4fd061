//! What folding must do: the table of ARCHITECTURE.md row by row, two peers' failures, properties,
//! and a second, plain implementation to agree with.

mod properties;
mod table;

use super::FoldedText;
use crate::oracle;

fn fold(text: &str) -> String {
    FoldedText::new(text).text()
}
