//! The rights under which a call looks for a collection.

use std::sync::Arc;

use tonic::{Code, Request};

use super::{
    methods::Need,
    rights::{Rights, Role},
    secret::Digest,
    tokens::{Token, Tokens},
};
use crate::{failure::Failure, reload::Live};

/// What a caller may do in a call: in the extensions of every request that needs anything. It is what
/// the tokens say now, not what they said when the call began.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    need: Need,
    /// `None` if the server has no tokens: everybody may do everything.
    holder: Option<Holder>,
}

/// Who has a token.
#[derive(Clone, Debug)]
struct Holder {
    tokens: Live<Tokens>,
    digest: Digest,
    /// The token as it was found among these, which need not be searched again while they are in force.
    found: (Arc<Tokens>, Arc<Token>),
}

impl Holder {
    fn find(tokens: &Tokens, digest: &Digest) -> Result<Arc<Token>, Failure> {
        let found = tokens.find(digest).map(Arc::clone);
        found.ok_or_else(Failure::token_unknown)
    }

    fn token(&self) -> Result<Arc<Token>, Failure> {
        let (then, token) = &self.found;
        let now = self.tokens.now();
        match Arc::ptr_eq(then, &now) {
            true => Ok(Arc::clone(token)),
            false => Self::find(&now, &self.digest),
        }
    }
}

impl Access {
    /// Of anybody, to a server without tokens.
    pub(super) fn open(need: Need) -> Self {
        Self { need, holder: None }
    }

    /// Of anybody, to whatever is asked.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn everything() -> Self {
        Self::open(Need::Nothing)
    }

    /// Of whoever has the token of this digest.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn of_holder(
        need: Need,
        tokens: Live<Tokens>,
        digest: Digest,
    ) -> Result<Self, Failure> {
        let now = tokens.now();
        let token = Holder::find(&now, &digest)?;
        let holder = Some(Holder {
            tokens,
            digest,
            found: (now, token),
        });
        Ok(Self { need, holder })
    }

    /// That of a request.
    ///
    /// # Errors
    ///
    /// If it has none: then it came by another way than through the layer, and may nothing.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<&Self, Failure> {
        let message = "the server did not find out what the caller may do";
        let missing = || Failure::new(Code::Internal, "ACCESS_UNKNOWN", message);
        request.extensions().get().ok_or_else(missing)
    }

    /// Whether the call may be about this collection. It is the same answer whether there is one of
    /// this name or not.
    ///
    /// # Errors
    ///
    /// If the token lacks the role that the method needs, or is gone.
    pub(crate) fn may(&self, collection: &str) -> Result<(), Failure> {
        let Some(token) = self.token()? else {
            return Ok(());
        };
        let (role, allowed) = match self.need {
            Need::Role(role) => (role, token.rights.allow(role, collection)),
            // Its method is about no single collection.
            Need::Nothing | Need::Token | Need::Everywhere(_) => (Role::Admin, false),
        };
        match allowed {
            true => Ok(()),
            false => Err(Failure::role_missing(&token.name, role, Some(collection))),
        }
    }

    /// Whether the call may be about all collections.
    ///
    /// # Errors
    ///
    /// If the token lacks the role that the method needs, or is gone.
    pub(crate) fn may_everywhere(&self) -> Result<(), Failure> {
        let Some(token) = self.token()? else {
            return Ok(());
        };
        let (role, allowed) = match self.need {
            Need::Everywhere(role) => (role, token.rights.allow_everywhere(role)),
            Need::Nothing | Need::Token | Need::Role(_) => (Role::Admin, false),
        };
        match allowed {
            true => Ok(()),
            false => Err(Failure::role_missing(&token.name, role, None)),
        }
    }

    /// What the caller may do.
    ///
    /// # Errors
    ///
    /// If the token is gone.
    pub(crate) fn rights(&self) -> Result<Rights, Failure> {
        let token = self.token()?;
        Ok(token.map_or_else(Rights::all, |token| token.rights.clone()))
    }

    /// The name of the caller's token, if tokens are needed.
    ///
    /// # Errors
    ///
    /// If the token is gone.
    pub(crate) fn name(&self) -> Result<Option<Arc<str>>, Failure> {
        let token = self.token()?;
        Ok(token.map(|token| Arc::clone(&token.name)))
    }

    /// Returns why the call must not go on, when that is so. `None` to a server without tokens: there it is never so.
    pub(super) fn lost(self) -> Option<impl Future<Output = Failure> + Send> {
        let mut tokens = self.holder.as_ref()?.tokens.clone();
        Some(async move {
            loop {
                let now = match self.need {
                    Need::Everywhere(_) => self.may_everywhere(),
                    _ => self.token().map(drop),
                };
                match now {
                    Err(failure) => return failure,
                    Ok(()) => tokens.changed().await,
                }
            }
        })
    }

    fn token(&self) -> Result<Option<Arc<Token>>, Failure> {
        self.holder.as_ref().map(Holder::token).transpose()
    }
}
