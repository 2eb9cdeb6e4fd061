//! Where in a line of JSON the parts of an article stand.

use clap::Args;

use crate::input::Fields;

/// Where in a line of JSON to look.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fields of JSON lines")]
pub(super) struct FieldArgs {
    /// Required in each line
    #[arg(long, value_name = "NAME", default_value = "id")]
    id_field: String,
    /// Required in each line
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_field: String,
    /// The headline
    #[arg(long, value_name = "NAME", default_value = "title")]
    title_field: String,
    /// The outlet
    #[arg(long, value_name = "NAME", default_value = "source")]
    source_field: String,
    /// Where the article was fetched
    #[arg(long, value_name = "NAME", default_value = "url")]
    url_field: String,
    /// When it was published: RFC 3339, or YYYY-MM-DD HH:MM:SS or YYYY-MM-DD as UTC
    #[arg(long, value_name = "NAME", default_value = "date")]
    date_field: String,
}

impl FieldArgs {
    /// The names by which lines are read.
    pub(super) fn fields(&self) -> Fields {
        Fields {
            id: self.id_field.clone(),
            text: self.text_field.clone(),
            title: self.title_field.clone(),
            source: self.source_field.clone(),
            url: self.url_field.clone(),
            date: self.date_field.clone(),
        }
    }
}
