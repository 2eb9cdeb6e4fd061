//! What the command line prints: JSON for machines, tables and marked texts for people.

mod answer;
mod article;
mod bidi;
mod collection;
mod diff;
mod format;
mod json;
mod style;
mod table;

pub(crate) use self::{
    answer::{write_answer, write_matches},
    article::{ArticleLine, ExportLine, write_article, write_articles},
    bidi::{clean, is_right_to_left, shorten},
    collection::{CollectionLine, write_collections},
    diff::write_segments,
    format::{bytes, count, optional_share, rfc3339, share, utc},
    json::{
        FingerprintLine, MatchLine, ResultLine, relation_name, verdict_name, write_json, write_line,
    },
    style::{HEAD, Style},
    table::{Align, Cell, Table},
};
