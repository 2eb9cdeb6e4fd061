//! Tokens, and how calls show them.

use std::fmt;

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::Interceptor,
};

use crate::error::Error;

/// A token, as `basmad token` printed it. It is printed nowhere again.
#[derive(Clone)]
pub struct Token(MetadataValue<Ascii>);

impl Token {
    /// Takes the token; white space around it does not count.
    ///
    /// # Errors
    /// [`Error::Credentials`] if no token looks like that.
    pub fn new(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let visible = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        let value = format!("Bearer {text}").parse().ok().filter(|_| visible);
        let mut value: MetadataValue<Ascii> = value.ok_or_else(|| {
            Error::Credentials("a token is one word, as `basmad token` prints it".to_owned())
        })?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token")
    }
}

/// Puts the token, if there is one, into every request.
#[derive(Clone, Debug, Default)]
pub(super) struct Bearer(pub(super) Option<Token>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(Token(value)) = &self.0 {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", value.clone());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_is_not_shown() {
        let token = Token::new(" basma_0123\n").expect("a token");
        assert_eq!(token.0.to_str().ok(), Some("Bearer basma_0123"));
        assert!(!format!("{token:?}{:?}", Bearer(Some(token.clone()))).contains("0123"));
        for wrong in ["", " ", "a b", "بصمة", "a\nb"] {
            assert!(Token::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
