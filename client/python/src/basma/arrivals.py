"""Articles of an asyncio program, batched as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, TypeAlias

from basma.article import Article
from basma.batch import Batch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Articles: TypeAlias = AsyncIterable[Article] | Iterable[Article]


async def each(articles: Articles) -> AsyncIterator[Article]:
    """Yield the articles of either kind of iterable."""
    if isinstance(articles, AsyncIterable):
        async for article in articles:
            yield article
    else:
        for article in articles:
            yield article


class Arrivals:
    """Batches of what has arrived: whoever sends one article at a time is answered at once."""

    def __init__(self, articles: Articles, most: int) -> None:
        """Begin to read `articles`, ahead by at most one batch of `most`."""
        self._most = most
        self._queue: asyncio.Queue[Article | None] = asyncio.Queue(most)
        self._held: Article | None = None
        self._ended = False
        self._failure: Exception | None = None
        self._reader = asyncio.create_task(self._read(articles))

    async def batch(self) -> Batch | None:
        """Wait for an article and take what else is there, up to a batch; `None` after the last."""
        batch = Batch(self._most)
        while not self._ended and (not len(batch) or not self._queue.empty()):
            article = self._held or await self._queue.get()
            self._held = None
            if article is None:
                self._ended = True
            elif not batch.add(article):
                self._held = article
                return batch
        return batch if len(batch) else None

    def end(self) -> None:
        """Raise what the iterable raised, if it did; to be called after the last batch."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Stop reading."""
        self._reader.cancel()

    async def _read(self, articles: Articles) -> None:
        try:
            async for article in each(articles):
                await self._queue.put(article)
        except Exception as error:  # noqa: BLE001 - for the caller, after what came before it
            self._failure = error
        await self._queue.put(None)
