//! A server that wants tokens.

use basma_client::{Client, client::Token, v1::Collection};
use tempfile::TempDir;

use crate::{Grants, Server, article, corpus, grant, grant::Grant};

/// A server with the collections "news" and "secret", and these tokens.
#[derive(Debug)]
pub struct Guarded {
    /// The server.
    pub server: Server,
    /// Its file of tokens.
    pub grants: Grants,
    /// Where that stands.
    pub folder: TempDir,
    /// May do everything.
    pub root: Grant,
}

impl Guarded {
    /// Starts it; its tokens are [`Guarded::root`] and these.
    ///
    /// # Panics
    ///
    /// If the collections cannot be made.
    pub async fn start(others: &[&Grant]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = grant("root", &["--admin", "*"]).await;
        let all: Vec<_> = [&root].into_iter().chain(others.iter().copied()).collect();
        let grants = Grants::new(folder.path(), &all);
        let server = Server::start_with(&grants.arguments()).await;
        let guarded = Self {
            server,
            grants,
            folder,
            root,
        };
        for name in ["news", "secret"] {
            let client = guarded.client(&guarded.root);
            let collection = Collection {
                name: name.to_owned(),
                ..Collection::default()
            };
            client.create_collection(collection).await.expect("created");
            let client = client.with_collection(name);
            let article = article(&format!("in-{name}"), &corpus().article(1).text);
            client.submit(article, 10).await.expect("an answer");
        }
        guarded
    }

    /// A client with this token.
    ///
    /// # Panics
    ///
    /// If it is no token.
    pub fn client(&self, grant: &Grant) -> Client {
        let client = Client::new(self.server.address()).expect("a client");
        client.with_token(Token::new(&grant.secret).expect("a token"))
    }
}
