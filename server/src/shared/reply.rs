//! Reading what Redis says.

use basma_redis::Value;
use tonic::Code;

use crate::failure::Failure;

/// Something is in the cluster that this server has not put there, or not in this way.
pub(super) fn foreign(what: &str) -> Failure {
    let message = format!("the cluster holds {what} that this server cannot read");
    Failure::new(Code::DataLoss, "STORE_FOREIGN", message)
}

/// Bytes; none if there is nothing.
pub(super) fn bytes(value: Value) -> Result<Vec<u8>, Failure> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        Value::Nil => Ok(Vec::new()),
        Value::Int(number) => Ok(number.to_string().into_bytes()),
        other => Err(foreign(&format!("{other:?}"))),
    }
}

/// A number; 0 if there is nothing.
pub(super) fn number(value: Value) -> Result<i64, Failure> {
    match value {
        Value::Int(number) => Ok(number),
        Value::Nil => Ok(0),
        other => {
            let bytes = bytes(other)?;
            let text = std::str::from_utf8(&bytes).ok();
            let number = text.and_then(|text| text.parse().ok());
            number.ok_or_else(|| foreign("a number"))
        }
    }
}

/// Several values.
pub(super) fn several(value: Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::Array(values) => Ok(values),
        Value::Nil => Ok(Vec::new()),
        // A map, as pairs.
        Value::Map(pairs) => Ok(pairs
            .into_iter()
            .flat_map(|(key, value)| [key, value])
            .collect()),
        other => Err(foreign(&format!("{other:?}"))),
    }
}

/// Text.
pub(super) fn text(value: Value) -> Result<String, Failure> {
    String::from_utf8(bytes(value)?).map_err(|_| foreign("a text"))
}
