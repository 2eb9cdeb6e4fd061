//! The client of Basma: a typed client, and the command line `basma` on it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`client`] | [`Client`]: every RPC as a method, with deadline and retry |
//! | [`retry`] | when and how long to wait before a call is repeated |
//! | [`error`] | why a call failed, in words that say what to do next |
//! | `input` | files of articles: JSON lines, plain, gzip or zstd |
//! | `output` | JSON lines for machines, tables and marked texts for people |
//! | [`cli`] | the command line, one command a file |
//!
//! ```no_run
//! use basma_client::{Client, v1::{Article, Verdict, article::Body}};
//!
//! # async fn example() -> Result<(), basma_client::Error> {
//! let client = Client::new("http://127.0.0.1:50051")?.with_collection("news");
//! let body = Some(Body::Text("افتتح الوزير معرض الكتاب".to_owned()));
//! let article = Article { id: "1".to_owned(), body, ..Article::default() };
//! let answer = client.submit(article, 10).await?;
//! if answer.verdict() == Verdict::New {
//!     println!("not seen before");
//! }
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod client;
pub mod error;
pub mod retry;

mod input;
mod output;

pub use crate::{client::Client, error::Error};
pub use basma_proto::v1;
