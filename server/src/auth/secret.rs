//! Tokens, and what is kept of one.
//!
//! A token is 256 random bits, so that its SHA-256 says nothing of it: nobody can try them all, and a hash
//! that is slow on purpose, as passwords need, would only make every request slow. That holds for tokens
//! that were made so, and [`Digest::of`] takes nothing that does not look like one: a hash of a word that somebody
//! thought of lets nobody in.

use std::fmt::{self, Write as _};

use ring::{
    digest::{SHA256, digest as sha256},
    rand::{SecureRandom as _, SystemRandom},
};
use subtle::ConstantTimeEq as _;

/// What every token begins with, so that those who look for secrets in the wrong places find it.
const PREFIX: &str = "basma_";

const BYTES: usize = 32;

/// A new token. It is nowhere else.
pub struct Secret(String);

impl Secret {
    /// Makes one of the system's random numbers.
    ///
    /// # Errors
    ///
    /// If the system has none.
    pub fn new() -> Result<Self, String> {
        let mut random = [0; BYTES];
        let filled = SystemRandom::new().fill(&mut random);
        filled.map_err(|_| "the system has no random numbers".to_owned())?;
        Ok(Self(format!("{PREFIX}{}", hex(&random))))
    }

    /// The token.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> Digest {
        Digest::of_text(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy)]
pub struct Digest([u8; BYTES]);

impl Digest {
    /// That of a token as a caller sends it; `None` if it does not look like one.
    pub(super) fn of(token: &str) -> Option<Self> {
        let digits = token.strip_prefix(PREFIX)?.as_bytes();
        let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let whole = digits.len() == 2 * BYTES && digits.iter().all(digit);
        whole.then(|| Self::of_text(token))
    }

    fn of_text(token: &str) -> Self {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(sha256(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub(super) fn parse(digits: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        if digits.len() != 2 * BYTES || !digits.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            let digits = pair.chars().all(|digit| digit.is_ascii_hexdigit());
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| digits)?;
        }
        Some(Self(bytes))
    }

    /// Whether it is the same, in a time that does not depend on how much of it is.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Digest")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_known_by_its_digest_and_no_other_is() {
        let (one, other) = (Secret::new().expect("one"), Secret::new().expect("another"));
        assert_ne!(one.text(), other.text());
        let kept = Digest::parse(&one.digest().to_string()).expect("a digest");
        assert!(kept.is(&Digest::of(one.text()).expect("a token")));
        assert!(!kept.is(&Digest::of(other.text()).expect("a token")));
        assert!(!format!("{one:?}{kept:?}").contains(&one.text()[PREFIX.len()..]));
    }

    #[test]
    fn only_what_was_made_as_a_token_is_one() {
        let token = Secret::new().expect("a token").text().to_owned();
        for wrong in [
            "",
            "password",
            "basma_",
            "basma_password",
            &token[..token.len() - 1],
            &format!("{token}0"),
            &token.to_uppercase(),
            &token.replacen("basma", "Basma", 1),
            &format!("{}g", &token[..token.len() - 1]),
        ] {
            assert!(Digest::of(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_digest_is_what_sha256sum_prints() {
        // printf 'basma_%064d' 0 | sha256sum
        let known = "65a274b0fec7898119e66536e387575feeb0e0b483f06ab0b8b07377cbdcaf5f";
        let token = format!("basma_{}", "0".repeat(64));
        assert_eq!(Digest::of(&token).expect("a token").to_string(), known);
        for wrong in ["", "+f", &"é".repeat(32), &format!("+{}", "0".repeat(63))] {
            assert!(Digest::parse(wrong).is_none(), "{wrong}");
        }
    }
}
