//! What the command line reads: files of articles, compressed or not, and single texts.

mod date;
mod jsonl;
mod line;
mod open;
mod parquet;
mod records;
mod text;
mod zstd;

pub(crate) use self::{
    date::parse as parse_date,
    jsonl::{Articles, Fields, Parsed},
    open::open,
    records::{Broken, Place, Records},
    text::{Text, TextError, read_text, stem},
};
