"""Why there is no answer: one exception for each status code, with the server's reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

if TYPE_CHECKING:
    from basma.v1.dedup_service_pb2 import ItemError

_DETAILS = "grpc-status-details-bin"


class BasmaError(Exception):
    """A call, or one article of many, got no answer.

    Attributes:
        code: The status code.
        reason: For programs, for example `TEXT_TOO_LARGE`; the README of Basma lists them. Empty
            if the error did not come from Basma itself.
        message: For people.
        field: The field at fault, for example `article.text`; empty if no single field is.
        retry_delay: How many seconds the server asks to wait; `None` if it does not say.

    """

    code = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str,
        reason: str = "",
        field: str = "",
        retry_delay: float | None = None,
    ) -> None:
        """Take what a server would send."""
        super().__init__(message, reason, field, retry_delay)
        self.message = message
        self.reason = reason
        self.field = field
        self.retry_delay = retry_delay

    def __str__(self) -> str:
        """Name the code and the reason before the message."""
        name = f"{self.code.name} {self.reason}".rstrip()
        field = f" ({self.field})" if self.field else ""
        return f"{name}: {self.message}{field}"


class InvalidArgument(BasmaError):
    """The request is wrong, whatever the server's state."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class NotFound(BasmaError):
    """There is no such article or collection."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(BasmaError):
    """There is such a collection already."""

    code = grpc.StatusCode.ALREADY_EXISTS


class FailedPrecondition(BasmaError):
    """The state of the collection does not allow it."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class ResourceExhausted(BasmaError):
    """A limit is reached."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class OutOfRange(BasmaError):
    """The message is larger than the server allows."""

    code = grpc.StatusCode.OUT_OF_RANGE


class Unauthenticated(BasmaError):
    """The server wants a token, and none or a wrong one was sent."""

    code = grpc.StatusCode.UNAUTHENTICATED


class PermissionDenied(BasmaError):
    """The token does not allow it."""

    code = grpc.StatusCode.PERMISSION_DENIED


class DeadlineExceeded(BasmaError):
    """The answer did not come in time. Whether the server acted is not known."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Unavailable(BasmaError):
    """The server cannot be reached, is busy, or is stopping; the call may succeed later."""

    code = grpc.StatusCode.UNAVAILABLE


_CLASSES = {cls.code: cls for cls in BasmaError.__subclasses__()}
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def of_rpc(error: Any, server: str) -> BasmaError:
    """Read what a call to `server` failed with."""
    status = Status()
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS:
            status.ParseFromString(value)
    info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(retry)
    code = error.code()
    message = error.details() or code.name
    if code == grpc.StatusCode.UNAVAILABLE and not info.reason:
        message = f"cannot reach {server} ({message}): is basmad running there?"
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        message = f"no answer from {server} in time ({message}): give it longer with `timeout`"
    field = bad.field_violations[0].field if bad.field_violations else ""
    asked = retry.HasField("retry_delay")
    delay = retry.retry_delay.ToTimedelta().total_seconds() if asked else None
    return _of(code, message, info.reason, field, delay)


def of_item(error: ItemError) -> BasmaError:
    """Read what one article of a batch or a stream failed with."""
    return _of(_CODES[error.code], error.message, error.reason, error.field, None)


def _of(
    code: grpc.StatusCode, message: str, reason: str, field: str, retry_delay: float | None
) -> BasmaError:
    made = _CLASSES.get(code, BasmaError)(message, reason, field, retry_delay)
    made.code = code
    return made
