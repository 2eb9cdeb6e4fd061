"""The parts of the pipeline that need no crawl."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import scrapy
from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.settings import Settings as ScrapySettings
from scrapy.statscollectors import StatsCollector

from basma import DeadlineExceeded, InvalidArgument, Unavailable
from basma.scrapy import BasmaPipeline
from basma.scrapy.fields import Fields
from basma.scrapy.outage import Outage
from basma.scrapy.settings import Settings
from tests.texts import FAIR, FAIR_AGAIN

if TYPE_CHECKING:
    from basma import Client


@dataclass
class News:
    """An item as a dataclass, with names of its own."""

    body: list[str]
    link: str
    headline: str = ""
    date: Any = None
    basma: Any = None


class Bare(scrapy.Item):
    """An item without a field for the tag."""

    text = scrapy.Field()
    url = scrapy.Field()


NAMES = Fields(text="body", url="link", title="headline", published="date")


def test_an_item_becomes_an_article() -> None:
    item = News(["أول", "ثان"], "https://news.example/1", "عنوان", "2026-11-20T18:30:00Z")
    article = NAMES.article(ItemAdapter(item))
    assert article is not None
    assert (article.id, article.url) == (item.link, item.link)
    assert (article.text, article.title, article.source) == ("أول\nثان", "عنوان", "news.example")
    assert article.publish_time == datetime(2026, 11, 20, 18, 30, tzinfo=timezone.utc)


def test_an_id_and_a_source_of_its_own() -> None:
    item = {"id": 17, "source": ["alwatan"], "text": "نص", "url": ["https://news.example/1"]}
    article = Fields().article(ItemAdapter(item))
    assert article is not None
    assert (article.id, article.source) == ("17", "alwatan")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (date(2026, 11, 20), datetime(2026, 11, 20)),  # noqa: DTZ001 - a date has no zone
        (datetime(2026, 11, 20, tzinfo=timezone.utc), datetime(2026, 11, 20, tzinfo=timezone.utc)),
        ("2026-11-20", datetime(2026, 11, 20)),  # noqa: DTZ001
        ("أمس", None),
        (None, None),
    ],
)
def test_times(given: Any, read: datetime | None) -> None:
    article = NAMES.article(ItemAdapter(News(["نص"], "", date=given)))
    assert article is not None
    assert article.publish_time == read


@pytest.mark.parametrize("text", [None, "", " \n", []])
def test_no_text_is_no_article(text: Any) -> None:
    assert Fields().article(ItemAdapter({"text": text, "url": "https://news.example/1"})) is None


def test_settings_from_the_command_line() -> None:
    given = {"BASMA_FIELDS": '{"text": "body"}', "BASMA_RELATIONS": "EXACT,CONTAINS"}
    settings = Settings.read(ScrapySettings(given))
    assert settings.fields == Fields(text="body")
    assert {relation.value for relation in settings.relations} == {"EXACT", "CONTAINS"}
    assert settings.tls is None


def test_nobody_asks_for_a_while_after_an_outage() -> None:
    now = 0.0
    outage = Outage(pause=1.0, clock=lambda: now)
    outage.check()
    for error in (Unavailable("gone"), DeadlineExceeded("hangs")):
        outage.failed(error)
        with pytest.raises(Unavailable, match=error.message):
            outage.check()
        now += 1.5
        outage.check()
    outage.failed(Unavailable("gone"))
    outage.answered()
    outage.check()
    outage.failed(InvalidArgument("bad"))
    outage.check()


@pytest.fixture
def settings(client: Client) -> dict[str, Any]:
    return {"BASMA_SERVER": client.server, "BASMA_COLLECTION": client.collection}


async def pipeline(settings: dict[str, Any]) -> BasmaPipeline:
    crawler = Crawler(scrapy.Spider, settings)
    made = BasmaPipeline(Settings.read(crawler.settings), StatsCollector(crawler))
    await made.open_spider()
    return made


async def test_items_of_other_kinds_and_names(settings: dict[str, Any]) -> None:
    settings["BASMA_FIELDS"] = {"text": "body", "url": "link", "title": "headline"}
    settings["BASMA_DUPLICATES"] = "tag"
    made = await pipeline(settings)
    first = await made.process_item(News([FAIR], "https://alwatan.example/1", "افتتاح المعرض"))
    again = await made.process_item(News([FAIR_AGAIN], "https://alyaum.example/2"))
    assert (first.basma["verdict"], first.basma["duplicate"]) == ("NEW", False)
    assert (again.basma["verdict"], again.basma["duplicate"]) == ("NEAR_DUPLICATE", True)
    assert again.basma["canonical_url"] == "https://alwatan.example/1"
    assert again.basma["matches"][0]["title"] == "افتتاح المعرض"
    await made.close_spider()


async def test_the_first_of_the_story_need_not_be_among_the_matches(
    client: Client, settings: dict[str, Any]
) -> None:
    made = await pipeline({**settings, "BASMA_DUPLICATES": "tag"})
    for number in range(12):
        item = {"text": FAIR, "id": f"{number}", "url": f"https://alwatan.example/{number}"}
        item = await made.process_item(item)
    tag: dict[str, Any] = item["basma"]  # type: ignore[assignment]
    assert tag["canonical_url"] == "https://alwatan.example/0"
    client.delete_article("0")
    item = await made.process_item({"text": FAIR, "id": "x", "url": "https://alwatan.example/x"})
    tag = item["basma"]
    assert tag["duplicate"]
    await made.close_spider()


async def test_a_refused_item_passes_or_is_dropped(settings: dict[str, Any]) -> None:
    nameless = {"text": FAIR}
    made = await pipeline(settings)
    assert await made.process_item(dict(nameless)) == nameless
    await made.close_spider()
    made = await pipeline({**settings, "BASMA_FAIL": "closed"})
    with pytest.raises(DropItem, match="ID_MISSING"):
        await made.process_item(dict(nameless))
    await made.close_spider()


async def test_an_item_that_cannot_be_tagged_is_an_error(settings: dict[str, Any]) -> None:
    made = await pipeline({**settings, "BASMA_DUPLICATES": "tag"})
    with pytest.raises(ValueError, match="Bare needs a field 'basma'"):
        await made.process_item(Bare(text=FAIR, url="https://alwatan.example/1"))
    await made.close_spider()
