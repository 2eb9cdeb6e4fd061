//! `basma collections`

use std::io::Write;

use basma_proto::v1::Collection;
use clap::Subcommand;

use super::{
    failure::{Exit, Failure},
    session::Session,
    span::CollectionArgs,
};
use crate::output::{CollectionLine, write_collections, write_json};

/// Create, list, show, change and delete collections
#[derive(Debug, Subcommand)]
pub(super) enum Collections {
    /// Create a collection; what is not given gets its default
    Create {
        /// 1 to 63 of a-z, 0-9, - and _, beginning with a letter
        name: String,
        #[command(flatten)]
        settings: CollectionArgs,
    },
    /// List all collections by name
    List,
    /// Show a collection with its settings
    Get {
        /// Which
        name: String,
    },
    /// Change settings; what shapes the fingerprints is fixed once there is an article
    Update {
        /// Which
        name: String,
        #[command(flatten)]
        settings: CollectionArgs,
    },
    /// Delete a collection and all that it holds
    Delete {
        /// Which
        name: String,
    },
}

impl Collections {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let client = &session.client;
        let collections = match self {
            Self::Create { name, settings } => {
                vec![client.create_collection(settings.collection(&name)).await?]
            }
            Self::Get { name } => vec![client.get_collection(&name).await?],
            Self::Update { name, settings } => {
                let paths = settings.paths();
                if paths.is_empty() {
                    let message = "nothing to change: give a setting, for example --distance 6";
                    return Err(Failure::Other(message.to_owned()));
                }
                vec![
                    client
                        .update_collection(settings.collection(&name), paths)
                        .await?,
                ]
            }
            Self::List => all(session).await?,
            Self::Delete { name } => {
                client.delete_collection(&name).await?;
                let mut out = session.stdout();
                if session.json {
                    write_json(
                        &mut out,
                        &serde_json::json!({"name": name, "deleted": true}),
                    )?;
                } else {
                    writeln!(out, "deleted {}", session.style.foreign(&name))?;
                }
                out.flush()?;
                return Ok(Exit::DONE);
            }
        };
        let mut out = session.stdout();
        if session.json {
            for collection in &collections {
                write_json(&mut out, &CollectionLine::from(collection))?;
            }
        } else {
            write_collections(&mut out, session.style, &collections)?;
        }
        out.flush()?;
        Ok(Exit::DONE)
    }
}

/// All that may be read.
pub(super) async fn all(session: &Session) -> Result<Vec<Collection>, Failure> {
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let page = session.client.list_collections(1000, &token).await?;
        all.extend(page.collections);
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(all);
        }
    }
}
