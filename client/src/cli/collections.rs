//! `basma collections`

use std::io::Write;

use basma_proto::v1::{
    Collection, DetectorSettings,
    detector_settings::{Features, Method},
};
use clap::{Args, Subcommand, ValueEnum};

use super::{
    failure::{Exit, Failure},
    session::Session,
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
        detector: DetectorArgs,
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
        detector: DetectorArgs,
    },
    /// Delete a collection and all that it holds
    Delete {
        /// Which
        name: String,
    },
}

/// How a collection decides.
#[derive(Debug, Args)]
pub(super) struct DetectorArgs {
    /// What is kept of each article
    #[arg(long)]
    method: Option<MethodArg>,
    /// What the SimHash counts: runs of words or of characters
    #[arg(long)]
    features: Option<FeaturesArg>,
    /// How many words or characters make one feature, 1 to 8
    #[arg(long, value_name = "N")]
    feature_size: Option<u32>,
    /// Articles within this Hamming distance are candidates, 0 to 12
    #[arg(long, value_name = "K")]
    distance: Option<u32>,
    /// Least score at which two articles are one story, 0 to 1
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f64>,
    /// Least size of the shorter of two near duplicates by that of the longer, 0 to 1
    #[arg(long, value_name = "RATIO")]
    min_size_ratio: Option<f64>,
    /// Least share of one article in another to be reported at all, 0 to 1
    #[arg(long, value_name = "SHARE")]
    min_partial: Option<f64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MethodArg {
    /// SimHash and shingle sketch: every relation
    Full,
    /// SimHash only, at a fraction of the memory
    SimhashOnly,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FeaturesArg {
    Words,
    Characters,
}

impl DetectorArgs {
    fn settings(&self) -> DetectorSettings {
        let method = match self.method {
            None => Method::Unspecified,
            Some(MethodArg::Full) => Method::Full,
            Some(MethodArg::SimhashOnly) => Method::SimhashOnly,
        };
        let features = match self.features {
            None => Features::Unspecified,
            Some(FeaturesArg::Words) => Features::Words,
            Some(FeaturesArg::Characters) => Features::Characters,
        };
        DetectorSettings {
            method: method.into(),
            simhash_features: features.into(),
            simhash_feature_size: self.feature_size,
            simhash_distance: self.distance,
            min_score: self.min_score,
            min_size_ratio: self.min_size_ratio,
            min_partial: self.min_partial,
        }
    }

    /// The fields that are given.
    fn paths(&self) -> Vec<String> {
        let given = [
            ("method", self.method.is_some()),
            ("simhash_features", self.features.is_some()),
            ("simhash_feature_size", self.feature_size.is_some()),
            ("simhash_distance", self.distance.is_some()),
            ("min_score", self.min_score.is_some()),
            ("min_size_ratio", self.min_size_ratio.is_some()),
            ("min_partial", self.min_partial.is_some()),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        given
            .map(|(field, _)| format!("detector.{field}"))
            .collect()
    }
}

impl Collections {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let client = &session.client;
        let collections = match self {
            Self::Create { name, detector } => {
                vec![client.create_collection(&name, detector.settings()).await?]
            }
            Self::Get { name } => vec![client.get_collection(&name).await?],
            Self::Update { name, detector } => {
                let paths = detector.paths();
                if paths.is_empty() {
                    let message = "nothing to change: give a setting, for example --distance 6";
                    return Err(Failure::Other(message.to_owned()));
                }
                vec![
                    client
                        .update_collection(&name, detector.settings(), paths)
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

async fn all(session: &Session) -> Result<Vec<Collection>, Failure> {
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
