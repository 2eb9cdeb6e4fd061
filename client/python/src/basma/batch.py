"""Many articles cut into batches that a server takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from basma.answer import ItemResult
from basma.calls import article_message
from basma.errors import BasmaError, OutOfRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from basma.article import Article
    from basma.v1 import article_pb2

# Under the server's default limits of 1000 articles and of 16 MiB a message.
BATCH_ARTICLES = 200
BATCH_BYTES = 2 << 20


class Batch:
    """Articles to send together. What cannot be sent keeps its place, with an error."""

    def __init__(self, most: int) -> None:
        """Begin an empty batch of at most `most` articles."""
        self.articles: list[article_pb2.Article] = []
        self._most = most
        self._bytes = 0
        self._unsent: dict[int, ItemResult] = {}

    def __len__(self) -> int:
        """Return the number of articles, sent or not."""
        return len(self.articles) + len(self._unsent)

    def add(self, article: Article) -> bool:
        """Add an article, if there is room for it; an empty batch has room for any."""
        if len(self) >= self._most:
            return False
        try:
            message = article_message(article)
        except BasmaError as error:
            self._unsent[len(self)] = ItemResult(article.id, error=error)
            return True
        size = message.ByteSize()
        if self.articles and self._bytes + size > BATCH_BYTES:
            return False
        self.articles.append(message)
        self._bytes += size
        return True

    def merge(self, results: list[ItemResult]) -> list[ItemResult]:
        """Return the results of what was sent and the errors of what was not, in order."""
        sent = iter(results)
        return [self._unsent.get(place) or next(sent) for place in range(len(self))]

    def refused(self, error: BasmaError) -> list[ItemResult]:
        """Return the error as that of the one article that is too large to be sent at all.

        Raises:
            BasmaError: `error` itself, if it is any other.

        """
        if len(self.articles) == 1 and isinstance(error, OutOfRange):
            return self.merge([ItemResult(self.articles[0].id, error=error)])
        raise error


def cut(articles: Iterable[Article], most: int) -> Iterator[Batch]:
    """Cut articles into batches, in order."""
    batch = Batch(most)
    for article in articles:
        if not batch.add(article):
            yield batch
            batch = Batch(most)
            batch.add(article)
    if len(batch):
        yield batch
