"""The item pipeline: asks about every item, counts, and does with duplicates as it is told."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from basma.aio import AsyncClient
from basma.collection import Collection
from basma.errors import AlreadyExists, BasmaError, NotFound
from basma.retry import RetryPolicy
from basma.scrapy import tag
from basma.scrapy.outage import Outage
from basma.scrapy.settings import Duplicates, Fail, Settings

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector
    from typing_extensions import Self

    from basma.answer import Answer, Match
    from basma.article import Article

logger = logging.getLogger(__name__)


class BasmaPipeline:
    """Asks about items over one connection, up to `BASMA_CONCURRENCY` of them at once.

    Submits every item that has a text. A collection that does not exist is created.
    """

    def __init__(self, settings: Settings, stats: StatsCollector) -> None:
        """Use [`from_crawler`]; the connection is made when the spider opens."""
        self._settings = settings
        self._stats = stats
        self._turns = asyncio.Semaphore(settings.concurrency)
        self._outage = Outage(settings.pause)
        self._seconds = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Read the crawler's settings, and count in its collector."""
        if crawler.stats is None:
            raise ValueError("a crawler has a stats collector before it makes its pipelines")
        return cls(Settings.read(crawler.settings), crawler.stats)

    async def open_spider(self) -> None:
        """Prepare the connection."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "basma.scrapy needs asyncio: set TWISTED_REACTOR to "
                "'twisted.internet.asyncioreactor.AsyncioSelectorReactor', Scrapy's default"
            ) from None
        settings = self._settings
        # Who may not pass without an answer waits for it as long as the deadline allows.
        patient = RetryPolicy(attempts=sys.maxsize, longest_delay=1.0)
        self._client = AsyncClient(
            settings.server,
            collection=settings.collection,
            tls=settings.tls,
            token=settings.token,
            timeout=settings.timeout,
            retry=patient if settings.fail is Fail.CLOSED else None,
        )

    async def close_spider(self) -> None:
        """End the connection."""
        await self._client.close()

    async def process_item(self, item: Any) -> Any:
        """Ask about an item; return it, or drop it."""
        article = self._settings.fields.article(ItemAdapter(item))
        if article is None:
            self._count("no_text")
            return item
        try:
            async with self._turns:
                answer = await self._ask(article)
        except BasmaError as error:
            return self._failed(item, error)
        self._count("articles")
        self._count(f"verdict/{answer.verdict.value}")
        if answer.resubmission:
            self._count("resubmissions")
        return await self._judged(item, article, answer)

    async def _ask(self, article: Article) -> Answer:
        if self._settings.fail is Fail.OPEN:
            self._outage.check()
        began = time.monotonic()
        try:
            answer = await self._submit(article)
        except BasmaError as error:
            self._outage.failed(error)
            raise
        finally:
            waited = time.monotonic() - began
            self._seconds += waited
            self._stats.set_value("basma/seconds", self._seconds)
            self._stats.max_value("basma/seconds_max", waited)
        self._outage.answered()
        return answer

    async def _submit(self, article: Article) -> Answer:
        try:
            return await self._client.submit(article)
        except NotFound as error:
            if error.reason != "COLLECTION_NOT_FOUND":
                raise
        await self._create_collection()
        return await self._client.submit(article)

    async def _create_collection(self) -> None:
        try:
            await self._client.create_collection(Collection(self._settings.collection))
            logger.info("created the collection %s", self._settings.collection)
        except AlreadyExists:
            pass  # by another item or another spider

    async def _judged(self, item: Any, article: Article, answer: Answer) -> Any:
        relations = self._settings.relations
        match = next((match for match in answer.matches if match.relation in relations), None)
        if match is not None:
            self._count("duplicates")
        if self._settings.duplicates is Duplicates.TAG:
            url = await self._canonical_url(article, answer)
            return self._tagged(item, tag.answered(answer, match, url))
        if match is None:
            return item
        url = await self._canonical_url(article, answer)
        told = _told(match, answer, url)
        logger.info("%s is a duplicate: %s", article.id, told)
        if self._settings.duplicates is Duplicates.LOG:
            return item
        self._count("dropped")
        # What matters is logged; at this level Scrapy prints the whole item.
        raise DropItem(told, log_level="DEBUG")

    async def _canonical_url(self, article: Article, answer: Answer) -> str:
        """Return where the first article of the story was fetched."""
        if answer.canonical_id == article.id:
            return article.url
        for match in answer.matches:
            if match.id == answer.canonical_id:
                return match.url
        try:
            return (await self._client.get_article(answer.canonical_id)).url
        except BasmaError:
            return ""  # deleted meanwhile, or the server is gone: the id is known all the same

    def _failed(self, item: Any, error: BasmaError) -> Any:
        self._count("failed")
        self._count(f"failed/{error.reason or error.code.name}")
        if self._settings.fail is Fail.CLOSED:
            self._count("dropped")
            raise DropItem(f"not checked: {error}", log_level="ERROR")
        logger.debug("an item passes unchecked: %s", error)
        if self._settings.duplicates is Duplicates.TAG:
            return self._tagged(item, tag.unanswered(error))
        return item

    def _tagged(self, item: Any, value: dict[str, Any]) -> Any:
        name = self._settings.tag_field
        try:
            ItemAdapter(item)[name] = value
        except KeyError:
            kind = type(item).__name__
            raise ValueError(f"to be tagged, {kind} needs a field {name!r}") from None
        return item

    def _count(self, what: str) -> None:
        self._stats.inc_value(f"basma/{what}")


def _told(match: Match, answer: Answer, canonical_url: str) -> str:
    evidence = match.evidence
    shared = [
        f"{name} {value:.0%}"
        for name, value in (
            ("of this in it", evidence.containment),
            ("of it in this", evidence.contained),
        )
        if value is not None
    ]
    first = canonical_url or answer.canonical_id
    return f"{match.relation.value} {match.url or match.id} ({', '.join(shared)}), first {first}"
