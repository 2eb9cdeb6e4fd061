//! Every way in which a request can fail: status code, reason, message, and the field at fault
//! (AIP-193).

use std::{collections::HashMap, time::Duration};

use basma_proto::{ERROR_DOMAIN, v1};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tracing::debug;

use crate::auth::Role;

/// When to try again what was refused because of others: requests take a few milliseconds.
const OVERLOAD_RETRY: Duration = Duration::from_millis(100);

/// Why a request, or one item of it, was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: Code,
    /// The reason in `google.rpc.ErrorInfo`.
    reason: &'static str,
    message: String,
    /// The path of the field at fault, for example `article.text`.
    field: Option<String>,
    /// When to try again.
    retry: Option<Duration>,
    /// The setting that stands behind it, in the metadata of `google.rpc.ErrorInfo`.
    limit: Option<&'static str>,
}

impl Failure {
    /// What is wrong, for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// A field that must not have the value that it has.
    pub(crate) fn invalid(reason: &'static str, field: &str, message: impl Into<String>) -> Self {
        let field = Some(field.to_owned());
        Self {
            code: Code::InvalidArgument,
            reason,
            message: message.into(),
            field,
            retry: None,
            limit: None,
        }
    }

    /// Anything else.
    pub(crate) fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            field: None,
            retry: None,
            limit: None,
        }
    }

    /// What shapes fingerprints cannot change under those that there are.
    pub(crate) fn settings_fixed() -> Self {
        let message = "the collection holds articles: the method and the features of their \
                       fingerprints cannot change; create another collection";
        Self::new(Code::FailedPrecondition, "SETTINGS_FIXED", message)
    }

    /// There is a collection of this name.
    pub(crate) fn collection_exists(name: &str) -> Self {
        let message = format!("there is a collection {name:?} already");
        Self::new(Code::AlreadyExists, "COLLECTION_EXISTS", message)
    }

    /// There are as many collections as there may be.
    pub(crate) fn too_many_collections() -> Self {
        let message = "the server has as many collections as it may: delete one first";
        Self::new(Code::ResourceExhausted, "TOO_MANY_COLLECTIONS", message)
    }

    /// The default collection stays.
    pub(crate) fn collection_protected() -> Self {
        let message = "the collection \"default\" cannot be deleted";
        Self::new(Code::FailedPrecondition, "COLLECTION_PROTECTED", message)
    }

    /// The kept text of an article cannot be read.
    pub(crate) fn text_unreadable(id: &str, error: &std::io::Error) -> Self {
        let message = format!("the kept text of {id:?} cannot be read: {error}");
        Self::new(Code::DataLoss, "TEXT_UNREADABLE", message)
    }

    /// A method was called that needs a token, without one.
    pub(crate) fn token_missing() -> Self {
        let message = "this server wants a token: send the header \"authorization: Bearer TOKEN\"";
        Self::new(Code::Unauthenticated, "TOKEN_MISSING", message)
    }

    /// The token is not, or no longer, among those of the server.
    pub(crate) fn token_unknown() -> Self {
        let message = "the server does not know this token: it is mistyped, or was withdrawn";
        Self::new(Code::Unauthenticated, "TOKEN_UNKNOWN", message)
    }

    /// A token may not do this to a collection, or to all. Says nothing that the caller did not say.
    pub(crate) fn role_missing(token: &str, role: Role, collection: Option<&str>) -> Self {
        let place = match collection {
            Some(name) => format!("the collection {}", quoted(name)),
            None => "all collections".to_owned(),
        };
        let message = format!("the token {token:?} has not the role {role} for {place}");
        Self::new(Code::PermissionDenied, "ROLE_MISSING", message)
    }

    pub(crate) fn collection_not_found(name: &str) -> Self {
        let message = format!("there is no collection {}: create it first", quoted(name));
        Self::new(Code::NotFound, "COLLECTION_NOT_FOUND", message)
    }

    pub(crate) fn article_not_found(id: &str) -> Self {
        let message = format!("there is no article {} in this collection", quoted(id));
        Self::new(Code::NotFound, "ARTICLE_NOT_FOUND", message)
    }

    pub(crate) fn deadline_exceeded() -> Self {
        let message = "the request's deadline passed before it was done";
        Self::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)
    }

    /// The index is not there yet.
    pub(crate) fn recovering() -> Self {
        let message = "the server is reading its store: the health service says when it is done";
        Self {
            retry: Some(Duration::from_secs(1)),
            ..Self::new(Code::Unavailable, "RECOVERING", message)
        }
    }

    /// Nothing can be written.
    pub(crate) fn store(full: bool, cause: &str) -> Self {
        let (reason, advice) = match full {
            true => ("STORE_FULL", "it goes on by itself when there is room"),
            false => ("STORE_FAILED", "it goes on by itself when that is over"),
        };
        let message = format!("the store cannot be written ({cause}): {advice}");
        Self {
            retry: Some(Duration::from_secs(1)),
            ..Self::new(Code::Unavailable, reason, message)
        }
    }

    /// The cluster that keeps the index did not do, or did not confirm, what it was told.
    fn cluster(error: &basma_redis::Error) -> Self {
        use basma_redis::Error;
        let (reason, advice) = match error {
            Error::Unreachable(_) => ("STORE_UNREACHABLE", "try again"),
            Error::Unconfirmed(_) => ("STORE_UNCONFIRMED", "it may be lost: send it again"),
            Error::Full(_) => ("STORE_FULL", "it goes on by itself when there is room"),
            Error::Refused(_) | Error::Unsuitable(_) => {
                ("STORE_FAILED", "it goes on by itself when that is over")
            }
        };
        // Where the cluster is, and what it says, is for the log.
        debug!(%error, reason, "the cluster has not done it");
        let message = format!("the store has not done it: {advice}");
        Self {
            retry: Some(Duration::from_secs(1)),
            ..Self::new(Code::Unavailable, reason, message)
        }
    }

    /// An article that is imported has the id of another.
    pub(crate) fn id_taken(id: &str) -> Self {
        let message = format!(
            "the collection has another article under the id {id:?}: import into one that has none of its own"
        );
        Self::new(Code::AlreadyExists, "ID_TAKEN", message)
    }

    /// Others are at the same article all the time.
    pub(crate) fn busy(cause: &str) -> Self {
        let message = format!("{cause}: try again");
        Self {
            retry: Some(OVERLOAD_RETRY),
            ..Self::new(Code::Unavailable, "ARTICLE_BUSY", message)
        }
    }

    /// Another server has changed a collection that was to be changed.
    pub(crate) fn collection_busy(name: &str) -> Self {
        let message = format!(
            "another server has just changed {}: try again",
            quoted(name)
        );
        Self {
            retry: Some(OVERLOAD_RETRY),
            ..Self::new(Code::Unavailable, "COLLECTION_BUSY", message)
        }
    }

    /// The server has as much to do as `limit`, a setting, lets it have.
    pub(crate) fn overloaded(limit: &'static str, cause: &str) -> Self {
        let message = format!("the server is busy: {cause} ({limit}); try again");
        Self {
            retry: Some(OVERLOAD_RETRY),
            limit: Some(limit),
            ..Self::new(Code::Unavailable, "OVERLOADED", message)
        }
    }

    /// The caller asks for more than so many articles a second.
    pub(crate) fn too_fast(rate: f64, wait: Duration) -> Self {
        let message = format!("more than {rate} articles a second are not allowed");
        Self {
            retry: Some(wait),
            limit: Some("max_rate"),
            ..Self::new(Code::ResourceExhausted, "RATE_EXCEEDED", message)
        }
    }

    /// The caller has had what is allowed in a day.
    pub(crate) fn quota_used_up(quota: f64, wait: Duration) -> Self {
        let message = format!("more than {quota} articles a day are not allowed");
        Self {
            retry: Some(wait),
            limit: Some("max_per_day"),
            ..Self::new(Code::ResourceExhausted, "QUOTA_EXCEEDED", message)
        }
    }

    /// A stream on which nothing came for so long.
    pub(crate) fn stream_idle(limit: Duration) -> Self {
        let message = format!("nothing was sent for {limit:?}: open another stream");
        Self {
            limit: Some("max_idle_seconds"),
            ..Self::new(Code::Unavailable, "STREAM_IDLE", message)
        }
    }

    /// A message is compressed in a way that is not known here.
    pub(crate) fn unknown_compression() -> Self {
        let message = "messages may be compressed with gzip, or not at all";
        Self::new(Code::Unimplemented, "COMPRESSION_UNKNOWN", message)
    }

    pub(crate) fn draining() -> Self {
        let message =
            "the server is stopping: send what has no answer yet to another, or again later";
        Self::new(Code::Unavailable, "DRAINING", message)
    }

    /// A message that could not be decoded; for example a `string` that is not UTF-8.
    pub(crate) fn malformed(cause: &str) -> Self {
        let message = format!(
            "the message could not be decoded ({cause}); text in another charset goes into encoded_text"
        );
        Self::new(Code::InvalidArgument, "MESSAGE_MALFORMED", message)
    }

    pub(crate) fn too_large(cause: &str) -> Self {
        let message = format!("{cause}; send fewer articles at once");
        Self::new(Code::OutOfRange, "MESSAGE_TOO_LARGE", message)
    }

    /// When to try again, if that is known.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Puts the field at fault into the message that holds it.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        self.field = self.field.map(|field| format!("{outer}.{field}"));
        self
    }

    /// For one item of a batch or a stream.
    pub(crate) fn into_item_error(self) -> v1::ItemError {
        v1::ItemError {
            code: self.code as i32,
            message: self.message,
            reason: self.reason.to_owned(),
            field: self.field.unwrap_or_default(),
        }
    }
}

/// What a caller sent, for a message: not more of it than fits into a header.
fn quoted(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

impl From<basma_redis::Error> for Failure {
    fn from(error: basma_redis::Error) -> Self {
        Self::cluster(&error)
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let limit = failure
            .limit
            .map(|limit| ("limit".to_owned(), limit.to_owned()));
        let mut details = ErrorDetails::with_error_info(
            failure.reason,
            ERROR_DOMAIN,
            limit.into_iter().collect::<HashMap<_, _>>(),
        );
        if let Some(field) = failure.field {
            details.add_bad_request_violation(field, failure.message.clone());
        }
        if failure.retry.is_some() {
            details.set_retry_info(failure.retry);
        }
        Status::with_error_details(failure.code, failure.message, details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_no_more_of_what_was_sent_than_a_header_does() {
        assert_eq!(quoted("أخبار"), "\"أخبار\"");
        assert_eq!(quoted(&"ا".repeat(100)).chars().count(), 102);
        assert_eq!(quoted(&"ا".repeat(1 << 20)).chars().count(), 103);
    }

    #[test]
    fn a_status_carries_reason_domain_and_field() {
        let failure =
            Failure::invalid("TEXT_MISSING", "text", "there is no text").within("article");
        let status = Status::from(failure);
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let info = details.error_info().expect("an ErrorInfo");
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("TEXT_MISSING", "basma")
        );
        let violations = &details
            .bad_request()
            .expect("a BadRequest")
            .field_violations;
        assert_eq!(violations[0].field, "article.text");
    }

    #[test]
    fn what_a_cluster_did_not_do_may_be_tried_again() {
        use basma_redis::Error;
        let cause = || "10.0.0.1:6379 says: no".to_owned();
        for (error, reason) in [
            (Error::Unreachable(cause()), "STORE_UNREACHABLE"),
            (Error::Unconfirmed(cause()), "STORE_UNCONFIRMED"),
            (Error::Full(cause()), "STORE_FULL"),
            (Error::Refused(cause()), "STORE_FAILED"),
        ] {
            let status = Status::from(Failure::from(error));
            assert_eq!(status.code(), Code::Unavailable);
            let details = status.get_error_details();
            let info = details.error_info().expect("an ErrorInfo");
            assert_eq!(info.reason, reason);
            assert!(details.retry_info().is_some());
        }
    }
}
