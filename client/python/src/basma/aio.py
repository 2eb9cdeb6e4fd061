"""The client for asyncio: it says what `basma.Client` says, and is awaited."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from basma import calls
from basma.arrivals import Arrivals, each
from basma.batch import BATCH_ARTICLES, Batch
from basma.caller import Caller
from basma.connection import Connection, Tls
from basma.errors import BasmaError
from basma.v1 import dedup_service_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from grpc.aio import UnaryUnaryMultiCallable
    from typing_extensions import Self

    from basma.answer import Answer, Found, ItemResult
    from basma.arrivals import Articles
    from basma.article import Article, Cluster, EncodedText, FoldedText, StoredArticle
    from basma.calls import Call, Page, Results
    from basma.collection import Collection, Stats, TimeSpan
    from basma.comparison import CompareSide, Comparison
    from basma.retry import RetryPolicy

T = TypeVar("T")


class AsyncClient(Caller):
    """A connection to a server, and the collection that is asked about. Tasks may share it.

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
        """Connect with the first call; the arguments are those of `basma.Client`.

        To be called where an event loop is running.
        """
        super().__init__(Connection(server, tls, token), collection, timeout, retry)
        self._channel = self._connection.aio_channel()
        self._methods: dict[str, UnaryUnaryMultiCallable[Any, Any]] = {}

    async def close(self) -> None:
        """End the connection, and with it every call under way."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the client."""
        await self.close()

    async def submit(
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
        return await self._make(
            calls.submit(self.collection, article, max_matches, window), timeout
        )

    async def check(
        self,
        article: Article,
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Check an article and change nothing."""
        return await self._make(calls.check(self.collection, article, max_matches, window), timeout)

    def submit_many(
        self,
        articles: Articles,
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
        batch_size: int = BATCH_ARTICLES,
        in_flight: int = 1,
    ) -> AsyncIterator[ItemResult]:
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
        articles: Articles,
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
        batch_size: int = BATCH_ARTICLES,
        in_flight: int = 4,
    ) -> AsyncIterator[ItemResult]:
        """Check any number of articles, as `submit_many` submits them."""

        def call(batch: Batch) -> Call[Results]:
            return calls.batch_check(self.collection, batch.articles, max_matches, window)

        return self._make_many(call, articles, timeout, batch_size, in_flight)

    async def submit_stream(
        self,
        articles: Articles,
        *,
        max_matches: int = 0,
        window: TimeSpan | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[ItemResult]:
        """Submit articles one by one as they come, over one call; yield what became of each.

        There is no deadline unless `timeout` sets one for the whole stream, and nothing is
        repeated: when the iterator raises, what it has not yielded may be submitted again.
        `submit_many` repeats what failed by itself.
        """

        async def requests() -> AsyncIterator[dedup_service_pb2.SubmitStreamRequest]:
            async for article in each(articles):
                yield calls.stream_request(self.collection, article, max_matches, window)

        responses = self._channel.stream_stream(
            calls.SUBMIT_STREAM,
            dedup_service_pb2.SubmitStreamRequest.SerializeToString,
            dedup_service_pb2.SubmitStreamResponse.FromString,
        )(requests(), timeout=timeout, metadata=self._connection.metadata)
        try:
            async for response in responses:
                yield calls.item_result(response.result)
        except grpc.RpcError as error:
            raise self._error(error) from None
        finally:
            responses.cancel()

    async def find_duplicates(
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
        return await self._make(call, timeout)

    async def compare(
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
        return await self._make(calls.compare(self.collection, a, b), timeout)

    async def fingerprint(
        self, text: EncodedText | str, *, timeout: float | None = None
    ) -> FoldedText:
        """Compute the fingerprint of a text, and change nothing."""
        return await self._make(calls.fingerprint(self.collection, text), timeout)

    async def get_article(
        self, id: str, *, with_text: bool = False, timeout: float | None = None
    ) -> StoredArticle:
        """Return an article; `NotFound` if it is not indexed."""
        return await self._make(calls.get_article(self.collection, id, with_text), timeout)

    def list_articles(
        self, *, page_size: int = 0, with_texts: bool = False, timeout: float | None = None
    ) -> AsyncIterator[StoredArticle]:
        """Yield all articles in the order in which they were first submitted, page by page."""
        return self._make_pages(
            calls.list_articles(self.collection, page_size, "", with_texts), timeout
        )

    async def delete_article(self, id: str, *, timeout: float | None = None) -> None:
        """Delete an article; `NotFound` if it is not indexed."""
        await self._make(calls.delete_article(self.collection, id), timeout)

    async def get_cluster(
        self,
        id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> Cluster:
        """Return a page of the story that an article belongs to, the first article first."""
        return await self._make(
            calls.get_cluster(self.collection, id, page_size, page_token), timeout
        )

    async def create_collection(
        self, collection: Collection, *, timeout: float | None = None
    ) -> Collection:
        """Create a collection and return it with its defaults; `AlreadyExists` if there is one."""
        return await self._make(calls.create_collection(collection), timeout)

    async def get_collection(self, name: str, *, timeout: float | None = None) -> Collection:
        """Return a collection; `NotFound` if there is none."""
        return await self._make(calls.get_collection(name), timeout)

    def list_collections(
        self, *, page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[Collection]:
        """Yield all collections by name, page by page."""
        return self._make_pages(calls.list_collections(page_size, ""), timeout)

    async def update_collection(
        self, collection: Collection, *, paths: Sequence[str] = (), timeout: float | None = None
    ) -> Collection:
        """Change what `paths` names, for example "detector.min_score"; else all that is set."""
        return await self._make(calls.update_collection(collection, paths), timeout)

    async def delete_collection(self, name: str, *, timeout: float | None = None) -> None:
        """Delete a collection and all that it holds."""
        await self._make(calls.delete_collection(name), timeout)

    async def get_stats(self, *, timeout: float | None = None) -> Stats:
        """Count what the collection holds."""
        return await self._make(calls.get_stats(self.collection), timeout)

    async def health(self, *, timeout: float | None = None) -> str:
        """Return "SERVING" if the server serves."""
        return await self._make(calls.health(), timeout)

    async def _make(self, call: Call[T], timeout: float | None) -> T:
        attempts = self._attempts(timeout)
        method, metadata = self._method(call), self._connection.metadata
        while True:
            try:
                return call.read(
                    await method(call.request, timeout=attempts.left(), metadata=metadata)
                )
            except grpc.RpcError as error:
                failure = self._error(error)
            await asyncio.sleep(attempts.failed(failure))

    async def _make_pages(self, call: Call[Page[T]], timeout: float | None) -> AsyncIterator[T]:
        more: Call[Page[T]] | None = call
        while more is not None:
            page = await self._make(more, timeout)
            for entry in page.entries:
                yield entry
            more = page.more

    def _method(self, call: Call[Any]) -> UnaryUnaryMultiCallable[Any, Any]:
        method = self._methods.get(call.path)
        if method is None:
            method = self._channel.unary_unary(
                call.path, type(call.request).SerializeToString, call.response.FromString
            )
            self._methods[call.path] = method
        return method

    async def _make_many(
        self,
        call_of: Callable[[Batch], Call[Results]],
        articles: Articles,
        timeout: float | None,
        batch_size: int,
        in_flight: int,
    ) -> AsyncIterator[ItemResult]:
        async def results(batch: Batch) -> Results:
            try:
                return batch.merge(await self._make(call_of(batch), timeout))
            except BasmaError as error:
                return batch.refused(error)

        under_way: deque[asyncio.Task[Results]] = deque()
        arrivals = Arrivals(articles, batch_size)
        coming: asyncio.Task[Batch | None] | None = asyncio.create_task(arrivals.batch())
        try:
            while coming or under_way:
                room = coming if len(under_way) < in_flight else None
                waited = [task for task in (room, *list(under_way)[:1]) if task]
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                ready = under_way.popleft().result() if under_way and under_way[0].done() else []
                if coming and coming.done() and len(under_way) < in_flight:
                    # While the caller looks at the results the server is at work on the next batch.
                    batch = coming.result()
                    if batch:
                        under_way.append(asyncio.create_task(results(batch)))
                    coming = asyncio.create_task(arrivals.batch()) if batch else None
                for result in ready:
                    yield result
            arrivals.end()
        finally:
            arrivals.close()
            for task in (coming, *under_way):
                if task:
                    task.cancel()
