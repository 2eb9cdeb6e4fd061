//! The file of tokens: who has one, its digest, and its rights.

use std::{collections::HashSet, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    rights::{Names, Rights},
    secret::{Digest, Secret},
};

/// What is known of a token. Printed, it is its entry in the file.
#[derive(Clone, Debug)]
pub struct Token {
    /// Whose it is, or what for: stands in the log.
    pub name: Arc<str>,
    /// Of the token itself, which is nowhere.
    pub digest: Digest,
    /// What it is good for.
    pub rights: Rights,
}

impl Token {
    /// Makes a token with these rights, and its entry.
    ///
    /// # Errors
    ///
    /// If it could not stand in the file, or the system has no random numbers.
    pub fn new(name: &str, rights: Rights) -> Result<(Secret, Self), String> {
        let secret = Secret::new()?;
        let token = Self {
            name: name.into(),
            digest: secret.digest(),
            rights,
        };
        token.check()?;
        Ok((secret, token))
    }

    fn check(&self) -> Result<(), String> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        let wrong = if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(legal) {
            "a token's name is 1 to 64 of a-z, A-Z, 0-9, \"-\", \"_\", \".\" and \"@\""
        } else if self.rights == Rights::default() {
            "it is good for nothing: name collections in read, write or admin"
        } else {
            return Ok(());
        };
        Err(format!("token {:?}: {wrong}", self.name))
    }
}

/// All tokens that are good for something.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Vec<Arc<Token>>);

impl Tokens {
    /// Reads the file. One without tokens lets nobody in.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong, with the name of the token.
    pub(crate) fn read(content: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let (mut names, mut digests) = (HashSet::new(), HashSet::new());
        let mut tokens = Vec::with_capacity(file.token.len());
        for entry in file.token {
            let token = Token::from(entry);
            token.check()?;
            if !names.insert(Arc::clone(&token.name)) {
                return Err(format!(
                    "token {:?}: there are two of this name",
                    token.name
                ));
            }
            if !digests.insert(token.digest.to_string()) {
                return Err(format!(
                    "token {:?}: another has the same sha256",
                    token.name
                ));
            }
            tokens.push(Arc::new(token));
        }
        Ok(Self(tokens))
    }

    /// The token of a digest. Which one it is does not show in the time that it takes.
    pub(super) fn find(&self, digest: &Digest) -> Option<&Arc<Token>> {
        let mut found = None;
        for token in &self.0 {
            if token.digest.is(digest) {
                found = Some(token);
            }
        }
        found
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    sha256: Digest,
    #[serde(default)]
    read: Names,
    #[serde(default)]
    write: Names,
    #[serde(default)]
    admin: Names,
}

impl From<Entry> for Token {
    fn from(entry: Entry) -> Self {
        Self {
            name: entry.name.into(),
            digest: entry.sha256,
            rights: Rights {
                read: entry.read,
                write: entry.write,
                admin: entry.admin,
            },
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "[[token]]")?;
        writeln!(out, "name = \"{}\"", self.name)?;
        writeln!(out, "sha256 = \"{}\"", self.digest)?;
        let Rights { read, write, admin } = &self.rights;
        for (role, names) in [("read", read), ("write", write), ("admin", admin)] {
            let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
            if !names.is_empty() {
                writeln!(out, "{role} = [{}]", names.join(", "))?;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let wrong = "a sha256 is 64 hexadecimal digits, as `basmad token` prints them";
        Self::parse(&digits).ok_or_else(|| D::Error::custom(wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, read: &[&str]) -> (Secret, Token) {
        let names = read.iter().map(|name| (*name).to_owned());
        let rights = Rights {
            read: Names::new(names).expect("names"),
            ..Rights::default()
        };
        Token::new(name, rights).expect("a token")
    }

    #[test]
    fn what_is_printed_is_read() {
        let (one, first) = token("one", &["news", "sport"]);
        let (other, second) = token("other@host", &["*"]);
        let file = format!("# tokens\n{first}\n{second}");
        let tokens = Tokens::read(file.as_bytes()).expect("tokens");
        assert_eq!(tokens.len(), 2);
        for (secret, token) in [(one, first), (other, second)] {
            let found = tokens.find(&secret.digest()).expect("it is there");
            assert_eq!((&found.name, &found.rights), (&token.name, &token.rights));
        }
        let stranger = Secret::new().expect("a token");
        assert!(tokens.find(&stranger.digest()).is_none());
        assert_eq!(Tokens::read(b"").expect("none").len(), 0);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let (_, good) = token("good", &["news"]);
        let digest = good.digest;
        for (file, expected) in [
            (format!("{good}{good}"), "two of this name"),
            (
                format!("{good}{}", good.to_string().replace("good", "b")),
                "same sha256",
            ),
            (good.to_string().replace("news", "News"), "News"),
            (good.to_string().replace("read", "raed"), "raed"),
            (good.to_string().replace("good", ""), "1 to 64"),
            (good.to_string().replace("good", "g o"), "1 to 64"),
            (
                format!("[[token]]\nname = \"x\"\nsha256 = \"{digest}\""),
                "good for nothing",
            ),
            (
                good.to_string().replace("sha256 = \"", "sha256 = \"0"),
                "64 hexadecimal",
            ),
            ("[[tokens]]".to_owned(), "tokens"),
            ("token".to_owned(), "1"),
        ] {
            let error = Tokens::read(file.as_bytes()).expect_err(&file);
            assert!(error.contains(expected), "{file}: {error}");
        }
        assert!(Tokens::read(&[0xff]).is_err());
    }
}
