"""What both clients know: whom to call, about which collection, and when to give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from basma.errors import BasmaError, of_rpc
from basma.retry import Attempts, RetryPolicy

if TYPE_CHECKING:
    from typing_extensions import Self

    from basma.connection import Connection


class Caller:
    """How calls are made; the clients make them.

    Attributes:
        collection: What is asked about.
        timeout: The deadline of a call, in seconds.
        retry: How often and when a call is repeated.

    """

    def __init__(
        self, connection: Connection, collection: str, timeout: float, retry: RetryPolicy | None
    ) -> None:
        """Keep them."""
        self._connection = connection
        self.collection = collection
        self.timeout = timeout
        self.retry = retry or RetryPolicy()

    def with_collection(self, collection: str) -> Self:
        """Return a client that asks about another collection over the same connection."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, collection=collection)
        return other

    @property
    def server(self) -> str:
        """The address of the server."""
        return self._connection.server

    def _attempts(self, timeout: float | None) -> Attempts:
        return Attempts(self.retry, self.timeout if timeout is None else timeout)

    def _error(self, error: Any) -> BasmaError:
        return of_rpc(error, self.server)
