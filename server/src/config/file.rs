//! The file of settings: `name = value` in TOML, no tables.

use std::{ffi::OsString, fs, path::Path};

use toml::de::{DeTable, DeValue};

/// A line of the file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// As it would be written on the command line.
    pub(super) text: OsString,
    /// Counted from 1.
    pub(super) line: usize,
}

/// Reads a file.
///
/// # Errors
///
/// Each thing that is wrong with it, save unknown keys and values, which it knows nothing of.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, Vec<String>> {
    let name = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| vec![format!("cannot read {name}: {error}")])?;
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let (table, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        let said = errors.iter().map(|error| {
            let line = error.span().map_or(1, |span| line(span.start));
            format!("{name}:{line}: {}", error.message())
        });
        return Err(said.collect());
    }
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    let mut lines: Vec<_> = table.into_inner().into_iter().collect();
    lines.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in lines {
        let line = line(key.span().start);
        let key = key.into_inner().into_owned();
        match scalar(value.get_ref()) {
            Some(text) => entries.push(Entry {
                key,
                text: text.into(),
                line,
            }),
            None => errors.push(format!(
                "{name}:{line}: {key}: a setting has one value, and no table holds it"
            )),
        }
    }
    match errors.is_empty() {
        true => Ok(entries),
        false => Err(errors),
    }
}

/// A value as it would be written on the command line.
pub(super) fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        // Underscores are for the eye.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(|number| number.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
