//! What an error says, as the protocol promises it.

use basma_proto::v1::{Answer, ItemError, ItemResult, item_result};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// A status code, a reason, and the field at fault (empty if there is none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status code.
    pub code: Code,
    /// The reason in `google.rpc.ErrorInfo`.
    pub reason: String,
    /// The field in `google.rpc.BadRequest`.
    pub field: String,
}

impl Refusal {
    /// The refusal that a test expects.
    pub fn new(code: Code, reason: &str, field: &str) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            field: field.to_owned(),
        }
    }
}

impl From<&Status> for Refusal {
    /// # Panics
    ///
    /// If there is no message, no `ErrorInfo`, or another domain than "basma".
    fn from(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details
            .error_info()
            .unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
        assert_eq!(info.domain, "basma");
        assert!(!status.message().is_empty(), "{status:?}");
        let field = match details
            .bad_request()
            .map(|bad| bad.field_violations.as_slice())
        {
            None => "",
            Some([violation]) => {
                assert!(!violation.description.is_empty(), "{status:?}");
                &violation.field
            }
            Some(several) => panic!("{} violations: {status:?}", several.len()),
        };
        Self::new(status.code(), &info.reason, field)
    }
}

impl From<&ItemError> for Refusal {
    fn from(error: &ItemError) -> Self {
        assert!(!error.message.is_empty(), "{error:?}");
        Self::new(Code::from(error.code), &error.reason, &error.field)
    }
}

/// The refusal that a call got.
///
/// # Panics
///
/// If it got an answer.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, Status>) -> Refusal {
    Refusal::from(&result.expect_err("a refusal"))
}

/// The answer or the refusal of one item of a batch or a stream.
pub fn outcome(item: &ItemResult) -> Result<&Answer, Refusal> {
    match item.result.as_ref().expect("an answer or an error") {
        item_result::Result::Answer(answer) => Ok(answer),
        item_result::Result::Error(error) => Err(Refusal::from(error)),
    }
}
