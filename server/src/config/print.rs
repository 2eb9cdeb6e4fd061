//! The settings in force, as a file that would set them again.

use std::fmt::Write as _;

use toml::de::DeValue;

use super::{Invocation, file, layers::Setting};

impl Invocation {
    /// Every setting in TOML, after what it means and where it comes from; as a comment if it is not set.
    pub fn toml(&self) -> String {
        let mut out = String::new();
        for setting in &self.settings {
            let Setting {
                name,
                help,
                text,
                origin,
            } = setting;
            let line = match text {
                Some(text) => format!("{name} = {}  # {origin}", value(&text.to_string_lossy())),
                None => format!("# {name} is not set"),
            };
            let _ = writeln!(out, "# {help}\n{line}\n");
        }
        out.truncate(out.trim_end().len());
        out
    }
}

/// Quoted, unless it is a number or says yes or no.
fn value(text: &str) -> String {
    let bare = DeValue::parse(text).ok();
    let bare = bare.and_then(|value| file::scalar(value.get_ref()));
    match bare.is_some_and(|same| same == text) {
        true => text.to_owned(),
        false => toml::Value::from(text).to_string(),
    }
}
