//! How the server is trusted, and how the caller proves who is calling.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::Args;

use super::failure::Failure;
use crate::client::{Client, Identity, Tls, Token};

/// Where a token may stand, beside the flags.
const TOKEN: &str = "BASMA_TOKEN";
const TOKEN_FILE: &str = "BASMA_TOKEN_FILE";

#[derive(Clone, Debug, Args)]
pub(super) struct Credentials {
    /// Who signed the server's certificate (PEM), if it is none that the system trusts
    #[arg(long, global = true, env = "BASMA_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client's own certificate (PEM), for a server that asks for one
    #[arg(long, global = true, env = "BASMA_CLIENT_CERT", value_name = "FILE")]
    client_cert: Option<PathBuf>,
    /// The key of the client's certificate (PEM)
    #[arg(long, global = true, env = "BASMA_CLIENT_KEY", value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// The token for a server that wants one. Whoever can list the processes of this machine can read it
    /// here: better a file, or the environment [env: BASMA_TOKEN]
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        conflicts_with = "token_file"
    )]
    token: Option<String>,
    /// A file that holds the token and nothing else [env: BASMA_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Credentials {
    /// A client of the server at this address with all of it.
    pub(super) fn client(&self, server: &str) -> Result<Client, Failure> {
        let ca = self.ca.as_deref().map(read).transpose()?;
        let identity = match (&self.client_cert, &self.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Identity {
                certificate: read(certificate)?,
                key: read(key)?,
            }),
            (Some(_), None) => return Err(other("--client-cert needs --client-key beside it")),
            (None, Some(_)) => return Err(other("--client-key needs --client-cert beside it")),
        };
        let client = Client::with_tls(server, &Tls { ca, identity })?;
        Ok(match self.token()? {
            Some(token) => client.with_token(token),
            None => client,
        })
    }

    /// A client of another server, with the same but for the token if there is a file of another.
    pub(super) fn of_another(
        &self,
        server: &str,
        token_file: Option<&Path>,
    ) -> Result<Client, Failure> {
        let other = Self {
            token: self.token.clone().filter(|_| token_file.is_none()),
            token_file: token_file
                .map(Path::to_owned)
                .or_else(|| self.token_file.clone()),
            ..self.clone()
        };
        other.client(server)
    }

    /// The token: a flag's before the environment's, and what is given as such before a file's.
    fn token(&self) -> Result<Option<Token>, Failure> {
        let given = |name| env::var_os(name).filter(|value| !value.is_empty());
        let text = if let Some(token) = &self.token {
            token.clone()
        } else if let Some(file) = &self.token_file {
            text(file)?
        } else if let Some(token) = given(TOKEN) {
            token.to_string_lossy().into_owned()
        } else if let Some(file) = given(TOKEN_FILE) {
            text(Path::new(&file))?
        } else {
            return Ok(None);
        };
        Ok(Some(Token::new(&text)?))
    }
}

fn other(message: &str) -> Failure {
    Failure::Other(message.to_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| other(&format!("cannot read {}: {error}", file.display())))
}

fn text(file: &Path) -> Result<String, Failure> {
    let content = read(file)?;
    String::from_utf8(content).map_err(|_| other(&format!("{} is no text", file.display())))
}
