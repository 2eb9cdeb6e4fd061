"""The client for programs that wait for their answers; `basma.aio` has the one for asyncio."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from basma import calls
from basma.batch import BATCH_ARTICLES, Batch, cut
from basma.caller import Caller
from basma.connection import Connection, Tls
from basma.errors import BasmaError
from basma.v1 import dedup_service_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from typing_extensions import Self

    from basma.answer import Answer, Found, ItemResult
    from basma.article import Article, Cluster, EncodedText, FoldedText, StoredArticle
    from basma.calls import Call, Page, Results
    from basma.collection import Collection, Stats, TimeSpan
    from basma.comparison import CompareSide, Comparison
    from basma.retry import RetryPolicy

T = TypeVar("T")


class Client(Caller):
    """A connection to a server, and the collection that is asked about. Threads may share it.

    Every call has a deadline, over all its attempts together, is repeated as `retry` says, and
    raises a `BasmaError`. Everywhere `timeout` is that deadline in seconds, the client's if left
    out, and `max_matches` 0 means 10.
    """

    def __init__(
        self,
        server: str | None = None,
        *,
        collection: str = "default",
        tls: Tls | None = None,
        token: str | None = None,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        """Connect with the first call, and again whenever the connection was lost.

        Args:
            server: The address, `http://HOST:PORT` or `https://HOST:PORT`; without it that in
                `BASMA_SERVER`, or http://127.0.0.1:50051.
            collection: What is asked about.
            tls: Whom to trust, and the client's own certificate, for an https address.
            token: Sent with every call as `authorization: Bearer`; without it `BASMA_TOKEN`.
            timeout: The deadline of a call, in seconds.
            retry: How often and when a call is repeated.

        Raises:
            ValueError: The address cannot be used.

        """
        super().__init__(Connection(server, tls, token), collection, timeout, retry)
        self._channel = self._connection.channel()
        self._methods: dict[str, grpc.UnaryUnaryMultiCallable[Any, Any]] = {}

    def close(self) -> None:
        """End the connection, and with it every call under way."""
        self._channel.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()

    def submit(
        self,
        article: Article,
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Check an article and add it, in one atomic step.

        Of any number of copies that are submitted at the same moment exactly one is told NEW. The
        same id with the same text gets its first answer again; with another text it is replaced.
        """
        return self._make(calls.submit(self.collection, article, max_matches, window), timeout)

    def check(
        self,
        article: Article,
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Check an article and change nothing."""
        return self._make(calls.check(self.collection, article, max_matches, window), timeout)

    def submit_many(
        self,
        articles: Iterable[Article],
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
        batch_size: int = BATCH_ARTICLES,
        in_flight: int = 1,
    ) -> Iterator[ItemResult]:
        """Submit any number of articles, in batches; yield what became of each, in their order.

        A bad article has an error of its own. The iterator raises when a batch gets no answer; what
        it has not yielded by then may be submitted again. It reads up to two batches ahead.

        Args:
            articles: Read as they are needed.
            max_matches: How many matches to return at most for each.
            window: Only articles no further away in time match; else as the collection says.
            timeout: The deadline of a batch.
            batch_size: Most articles in a batch.
            in_flight: Batches under way at once. With more than one, which of two copies in
                neighbouring batches is the first of its story is left to chance.

        """

        def call(batch: Batch) -> Call[Results]:
            return calls.batch_submit(self.collection, batch.articles, max_matches, window)

        return self._make_many(call, articles, timeout, batch_size, in_flight)

    def check_many(
        self,
        articles: Iterable[Article],
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
        batch_size: int = BATCH_ARTICLES,
        in_flight: int = 4,
    ) -> Iterator[ItemResult]:
        """Check any number of articles, as `submit_many` submits them."""

        def call(batch: Batch) -> Call[Results]:
            return calls.batch_check(self.collection, batch.articles, max_matches, window)

        return self._make_many(call, articles, timeout, batch_size, in_flight)

    def submit_stream(
        self,
        articles: Iterable[Article],
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
    ) -> Iterator[ItemResult]:
        """Submit articles one by one as they come, over one call; yield what became of each.

        `articles` is read in a thread of its own. There is no deadline unless `timeout` sets one
        for the whole stream, and nothing is repeated: when the iterator raises, what it has not
        yielded may be submitted again. `submit_many` repeats what failed by itself.
        """
        requests = (
            calls.stream_request(self.collection, article, max_matches, window)
            for article in articles
        )
        responses = self._channel.stream_stream(
            calls.SUBMIT_STREAM,
            dedup_service_pb2.SubmitStreamRequest.SerializeToString,
            dedup_service_pb2.SubmitStreamResponse.FromString,
        )(requests, timeout=timeout, metadata=self._connection.metadata)
        try:
            for response in responses:
                yield calls.item_result(response.result)
        except grpc.RpcError as error:
            raise self._error(error) from None
        finally:
            responses.cancel()

    def find_duplicates(
        self,
        id: str | None = None,
        *,
        simhash: int | None = None,
        distance: int | None = None,
        max_matches: int = 0,
        timeout: float | None = None,
    ) -> Found:
        """List what is near an indexed article, or within `distance` of a SimHash."""
        call = calls.find_duplicates(self.collection, id, simhash, distance, max_matches)
        return self._make(call, timeout)

    def compare(
        self,
        a: CompareSide | Article | str,
        b: CompareSide | Article | str,
        *,
        timeout: float | None = None,
    ) -> Comparison:
        """Set two texts side by side.

        An `Article` is decided as if it were submitted, with its title and date; a string is a text
        alone, `CompareSide(id=…)` an indexed article.
        """
        return self._make(calls.compare(self.collection, a, b), timeout)

    def fingerprint(self, text: EncodedText | str, *, timeout: float | None = None) -> FoldedText:
        """Compute the fingerprint of a text, and change nothing."""
        return self._make(calls.fingerprint(self.collection, text), timeout)

    def get_article(
        self, id: str, *, with_text: bool = False, timeout: float | None = None
    ) -> StoredArticle:
        """Return an article; `NotFound` if it is not indexed."""
        return self._make(calls.get_article(self.collection, id, with_text), timeout)

    def list_articles(
        self, *, page_size: int = 0, with_texts: bool = False, timeout: float | None = None
    ) -> Iterator[StoredArticle]:
        """Yield all articles in the order in which they were first submitted, page by page."""
        yield from self._make_pages(
            calls.list_articles(self.collection, page_size, "", with_texts), timeout
        )

    def delete_article(self, id: str, *, timeout: float | None = None) -> None:
        """Delete an article; `NotFound` if it is not indexed."""
        self._make(calls.delete_article(self.collection, id), timeout)

    def get_cluster(
        self,
        id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> Cluster:
        """Return a page of the story that an article belongs to, the first article first."""
        return self._make(calls.get_cluster(self.collection, id, page_size, page_token), timeout)

    def create_collection(
        self, collection: Collection, *, timeout: float | None = None
    ) -> Collection:
        """Create a collection and return it with its defaults; `AlreadyExists` if there is one."""
        return self._make(calls.create_collection(collection), timeout)

    def get_collection(self, name: str, *, timeout: float | None = None) -> Collection:
        """Return a collection; `NotFound` if there is none."""
        return self._make(calls.get_collection(name), timeout)

    def list_collections(
        self, *, page_size: int = 0, timeout: float | None = None
    ) -> Iterator[Collection]:
        """Yield all collections by name, page by page."""
        yield from self._make_pages(calls.list_collections(page_size, ""), timeout)

    def update_collection(
        self, collection: Collection, *, paths: Sequence[str] = (), timeout: float | None = None
    ) -> Collection:
        """Change what `paths` names, for example "detector.min_score"; else all that is set."""
        return self._make(calls.update_collection(collection, paths), timeout)

    def delete_collection(self, name: str, *, timeout: float | None = None) -> None:
        """Delete a collection and all that it holds."""
        self._make(calls.delete_collection(name), timeout)

    def get_stats(self, *, timeout: float | None = None) -> Stats:
        """Count what the collection holds."""
        return self._make(calls.get_stats(self.collection), timeout)

    def health(self, *, timeout: float | None = None) -> str:
        """Return "SERVING" if the server serves."""
        return self._make(calls.health(), timeout)

    def _make(self, call: Call[T], timeout: float | None) -> T:
        return self._finish(call, timeout, None)

    def _make_pages(self, call: Call[Page[T]], timeout: float | None) -> Iterator[T]:
        more: Call[Page[T]] | None = call
        while more is not None:
            page = self._make(more, timeout)
            yield from page.entries
            more = page.more

    def _finish(self, call: Call[T], timeout: float | None, first: grpc.Future[Any] | None) -> T:
        """Make the call until it is answered; `first` is an attempt that is under way."""
        attempts = self._attempts(timeout)
        while True:
            try:
                if first is None:
                    method, metadata = self._method(call), self._connection.metadata
                    return call.read(
                        method(call.request, timeout=attempts.left(), metadata=metadata)
                    )
                return call.read(first.result())
            except grpc.RpcError as error:
                first = None
                failure = self._error(error)
            time.sleep(attempts.failed(failure))

    def _start(self, call: Call[Any], timeout: float | None) -> grpc.Future[Any]:
        return self._method(call).future(
            call.request,
            timeout=self._attempts(timeout).left(),
            metadata=self._connection.metadata,
        )

    def _method(self, call: Call[Any]) -> grpc.UnaryUnaryMultiCallable[Any, Any]:
        method = self._methods.get(call.path)
        if method is None:
            method = self._channel.unary_unary(
                call.path, type(call.request).SerializeToString, call.response.FromString
            )
            self._methods[call.path] = method
        return method

    def _make_many(
        self,
        call_of: Callable[[Batch], Call[Results]],
        articles: Iterable[Article],
        timeout: float | None,
        batch_size: int,
        in_flight: int,
    ) -> Iterator[ItemResult]:
        under_way: deque[tuple[Batch, Call[Results], grpc.Future[Any]]] = deque()

        def oldest() -> Results:
            batch, call, attempt = under_way.popleft()
            try:
                return batch.merge(self._finish(call, timeout, attempt))
            except BasmaError as error:
                return batch.refused(error)

        try:
            for batch in cut(articles, batch_size):
                ready = oldest() if len(under_way) >= in_flight else []
                # While the caller looks at the results the server is at work on the next batch.
                call = call_of(batch)
                under_way.append((batch, call, self._start(call, timeout)))
                yield from ready
            while under_way:
                yield from oldest()
        finally:
            for _, _, attempt in under_way:
                attempt.cancel()
