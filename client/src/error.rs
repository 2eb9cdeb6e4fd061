//! Why a call failed, in words that say what to do next.

use std::{error::Error as StdError, fmt, time::Duration};

use basma_proto::v1::ItemError;
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

use crate::client::tls::{Insecure, afterthought};

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum Error {
    /// The address of the server cannot be used.
    Address {
        /// What was given.
        server: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A certificate, key or token cannot be used.
    Credentials(String),
    /// The server was reached, but one side does not accept the other's certificate.
    Insecure {
        /// Who was called.
        server: String,
        /// Why, and what to do.
        cause: String,
    },
    /// No connection could be made, or it broke before the answer came.
    Unreachable {
        /// Who was called.
        server: String,
        /// What the transport says.
        cause: String,
    },
    /// The answer did not come in time.
    Deadline {
        /// Who was called.
        server: String,
        /// How long it was waited for.
        deadline: Duration,
    },
    /// The server refused.
    Refused(Box<Refusal>),
    /// What was copied is not what the server sent, or not all of it.
    Damaged(&'static str),
    /// The server answered what the protocol does not allow.
    Protocol(&'static str),
}

/// The server's reasons (AIP-193).
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The status code.
    pub code: Code,
    /// `reason` of the `ErrorInfo`, for example `TEXT_TOO_LARGE`; empty if there is none.
    pub reason: String,
    /// The field at fault, for example `article.text`; empty if no single field is.
    pub field: String,
    /// For a person.
    pub message: String,
    /// How long the server asks to wait before the next attempt.
    pub retry_delay: Option<Duration>,
}

impl Error {
    /// Reads a status that came from `server`, after a call that had `deadline`.
    pub(crate) fn from_status(status: &Status, server: &str, deadline: Duration) -> Self {
        // Only what the transport itself made up has a source; what the server sent has none.
        if let Some(source) = status.source() {
            return if status.code() == Code::Cancelled
                && chain(source).any(|e| e.is::<TimeoutExpired>())
            {
                Self::Deadline {
                    server: server.to_owned(),
                    deadline,
                }
            } else {
                Self::from_transport(source, server)
            };
        }
        if status.code() == Code::DeadlineExceeded {
            return Self::Deadline {
                server: server.to_owned(),
                deadline,
            };
        }
        let violation = status
            .get_details_bad_request()
            .and_then(|bad| bad.field_violations.into_iter().next());
        Self::Refused(Box::new(Refusal {
            code: status.code(),
            reason: status
                .get_details_error_info()
                .map_or_else(String::new, |info| info.reason),
            field: violation.map_or_else(String::new, |violation| violation.field),
            message: status.message().to_owned(),
            retry_delay: status
                .get_details_retry_info()
                .and_then(|info| info.retry_delay),
        }))
    }

    /// Reads why there is no connection to `server`.
    pub(crate) fn from_transport(error: &(dyn StdError + 'static), server: &str) -> Self {
        let server = server.to_owned();
        let root = chain(error).last().unwrap_or(error).to_string();
        let insecure = chain(error).find_map(|error| error.downcast_ref::<Insecure>());
        match insecure
            .map(|insecure| insecure.0.clone())
            .or_else(|| afterthought(&root))
        {
            Some(cause) => Self::Insecure { server, cause },
            None => Self::Unreachable {
                server,
                cause: root,
            },
        }
    }

    /// Whether the same call may succeed later: the server cannot be reached, says UNAVAILABLE, or says when
    /// to try again.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(refusal) => {
                refusal.code == Code::Unavailable || refusal.retry_delay.is_some()
            }
            _ => false,
        }
    }

    /// How long the server asks to wait before the call is repeated.
    pub fn retry_delay(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_delay,
            _ => None,
        }
    }
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

impl StdError for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { server, cause } => write!(
                f,
                "`{server}` is no server address ({cause}); write it like \
                 http://127.0.0.1:50051, or with https:// for TLS"
            ),
            Self::Credentials(cause) => f.write_str(cause),
            Self::Insecure { server, cause } => {
                write!(f, "no secure connection to {server}: {cause}")
            }
            Self::Unreachable { server, cause } => write!(
                f,
                "cannot reach {server} ({cause}): is basmad running? Start it with `basmad`, or \
                 name another server with --server"
            ),
            Self::Deadline { server, deadline } => write!(
                f,
                "no answer from {server} within {deadline:?}; give it longer with --timeout"
            ),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Damaged(what) => write!(
                f,
                "the copy was damaged or cut off on its way ({what}): ask for another"
            ),
            Self::Protocol(what) => write!(
                f,
                "the server's answer breaks the protocol: {what}; do its version and this \
                 client's agree?"
            ),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        let reason = match self.reason.as_str() {
            "" => code_name(self.code),
            reason => reason,
        };
        write!(f, "{} [{reason}]", self.message)
    }
}

impl From<ItemError> for Refusal {
    fn from(error: ItemError) -> Self {
        Self {
            code: Code::from(error.code),
            reason: error.reason,
            field: error.field,
            message: error.message,
            retry_delay: None,
        }
    }
}

/// The code by its name in `google.rpc.Code`.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic_types::ErrorDetails;

    const SERVER: &str = "http://127.0.0.1:50051";
    const DEADLINE: Duration = Duration::from_secs(3);

    #[test]
    fn reads_reason_field_and_delay() {
        let mut details = ErrorDetails::with_error_info("TEXT_TOO_LARGE", "basma", HashMap::new());
        details.add_bad_request_violation("article.text", "too large");
        details.set_retry_info(Some(Duration::from_secs(1)));
        let status =
            Status::with_error_details(Code::InvalidArgument, "the text is too large", details);
        let Error::Refused(refusal) = Error::from_status(&status, SERVER, DEADLINE) else {
            panic!("not refused");
        };
        assert_eq!(refusal.reason, "TEXT_TOO_LARGE");
        assert_eq!(refusal.field, "article.text");
        assert_eq!(refusal.retry_delay, Some(Duration::from_secs(1)));
        assert_eq!(
            refusal.to_string(),
            "article.text: the text is too large [TEXT_TOO_LARGE]"
        );
    }

    #[test]
    fn a_status_without_details_shows_its_code() {
        let error = Error::from_status(&Status::not_found("no such article"), SERVER, DEADLINE);
        assert_eq!(error.to_string(), "no such article [NOT_FOUND]");
    }

    #[test]
    fn what_the_transport_made_up_is_unreachable() {
        let mut status = Status::unknown("transport error");
        status.set_source(std::sync::Arc::new(std::io::Error::other(
            "connection reset",
        )));
        let error = Error::from_status(&status, SERVER, DEADLINE);
        assert!(error.is_passing());
        assert!(error.to_string().contains("is basmad running?"), "{error}");
    }
}
