"""The pipeline in a real crawl of 500 pages, against the real server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from basma import Client
from tests.crawl import crawl
from tests.server import Server
from tests.site import PAGES, Page, Site, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

RELATIONS = ["EXACT", "NEAR_DUPLICATE", "CONTAINED_IN", "CONTAINS"]


@pytest.fixture(scope="module")
def articles() -> dict[str, Page]:
    return {page.path: page for page in pages()}


@pytest.fixture(scope="module")
def site(articles: dict[str, Page]) -> Iterator[Site]:
    with Site(list(articles.values())) as site:
        yield site


@pytest.fixture(scope="module")
def tagged(site: Site, server: Server) -> list[dict[str, Any]]:
    """Crawl once for all who look at tags."""
    crawled = crawl(
        site.url, BASMA_SERVER=server.url, BASMA_COLLECTION="tagged", BASMA_DUPLICATES="tag"
    )
    assert crawled.stats["item_scraped_count"] == PAGES
    counted = crawled.basma()
    verdicts = Counter(item["basma"]["verdict"] for item in crawled.items)
    assert counted["articles"] == PAGES
    assert {name: counted[f"verdict/{name}"] for name in verdicts} == dict(verdicts)
    assert counted["duplicates"] == sum(item["basma"]["duplicate"] for item in crawled.items)
    assert "failed" not in counted
    assert crawled.stats["basma/seconds"] >= crawled.stats["basma/seconds_max"] > 0
    return crawled.items


def path(url: str) -> str:
    return urlsplit(url).path


def test_one_article_of_each_story_is_no_duplicate(
    articles: dict[str, Page], tagged: list[dict[str, Any]]
) -> None:
    firsts = Counter(
        dict.fromkeys({story for page in articles.values() for story in page.stories}, 0)
    )
    for item in tagged:
        if not item["basma"]["duplicate"]:
            firsts.update(articles[path(item["url"])].stories)
    # Neither may a story be dropped altogether nor stay twice; no detector is right about all, and
    # the order in which pages come differs from crawl to crawl.
    right = sum(count == 1 for count in firsts.values())
    assert right / len(firsts) > 0.8, Counter(firsts.values())


def test_copies_in_another_dress_are_found_whatever_comes_first(
    articles: dict[str, Page], tagged: list[dict[str, Any]]
) -> None:
    noticed = {
        story
        for item in tagged
        if item["basma"]["duplicate"]
        for story in articles[path(item["url"])].stories
    }
    copies = [page for page in articles.values() if page.kind == "EXACT"]
    assert len(copies) > 50
    unnoticed = [page for page in copies if not page.stories & noticed]
    assert len(unnoticed) / len(copies) < 0.05


def test_a_tag_names_the_first_of_the_story_with_the_evidence(
    articles: dict[str, Page], tagged: list[dict[str, Any]], site: Site, server: Server
) -> None:
    with Client(server.url, collection="tagged") as client:
        stored = {article.id: article for article in client.list_articles()}
    right = []
    for item in tagged:
        tag = item["basma"]
        assert stored[item["url"]].verdict == tag["verdict"]
        assert stored[item["url"]].source == "127.0.0.1"
        assert stored[item["url"]].publish_time is not None
        assert tag["canonical_id"] == tag["canonical_url"]
        if not tag["duplicate"]:
            assert tag["canonical_url"] == item["url"]
            continue
        first, match = tag["canonical_url"], tag["matches"][0]
        assert first.startswith(site.url)
        # The second story of a page begins its own, though the page holds it.
        assert first != item["url"] or tag["verdict"] == "CONTAINED_IN"
        assert match["relation"] in RELATIONS
        assert 0 < match["containment"] <= 1
        assert 0 < match["contained"] <= 1
        assert 0 <= match["hamming"] <= 64
        assert match["passages"][0][1] > match["passages"][0][0]
        stories = articles[path(item["url"])].stories
        right.append(bool(articles[path(match["url"])].stories & stories))
    assert sum(right) / len(right) > 0.85


def test_drop_keeps_the_others_and_a_second_crawl_keeps_the_same(
    site: Site, server: Server
) -> None:
    settings = {"BASMA_SERVER": server.url, "BASMA_COLLECTION": "dropped"}
    once = crawl(site.url, BASMA_DUPLICATES="drop", **settings)
    kept = {item["url"] for item in once.items}
    counted = once.basma()
    assert counted["dropped"] == counted["duplicates"] == once.stats["item_dropped_count"] > 100
    assert len(kept) == PAGES - counted["dropped"]
    assert "is a duplicate: " in once.log
    assert "NEAR_DUPLICATE http://" in once.log
    # An article is no duplicate of what it was when the site was last crawled.
    again = crawl(site.url, BASMA_DUPLICATES="drop", **settings)
    assert {item["url"] for item in again.items} == kept
    assert again.basma()["resubmissions"] == PAGES


def test_log_changes_nothing_and_relations_can_be_chosen(site: Site, server: Server) -> None:
    crawled = crawl(
        site.url,
        BASMA_SERVER=server.url,
        BASMA_COLLECTION="logged",
        BASMA_DUPLICATES="log",
        BASMA_RELATIONS="EXACT",
        BASMA_CONCURRENCY=1,
    )
    assert len(crawled.items) == PAGES
    assert all("basma" not in item for item in crawled.items)
    counted = crawled.basma()
    assert counted["duplicates"] == counted["verdict/EXACT"] > 0
    assert crawled.log.count("is a duplicate: EXACT") == counted["duplicates"]
    assert "is a duplicate: NEAR_DUPLICATE" not in crawled.log


def killed_and_restarted(server: Server, kill_at: int, start_at: int) -> Any:
    def before_article(number: int) -> None:
        if number == kill_at:
            server.kill()
        if number == start_at:
            server.start()

    return before_article


def test_a_crawl_goes_on_without_the_server_and_asks_again_when_it_is_back(
    articles: dict[str, Page],
) -> None:
    with Server() as server:
        before_article = killed_and_restarted(server, kill_at=150, start_at=300)
        with Site(list(articles.values()), before_article) as site:
            crawled = crawl(
                site.url, BASMA_SERVER=server.url, BASMA_DUPLICATES="tag", BASMA_PAUSE=0.05
            )
    counted = crawled.basma()
    assert len(crawled.items) == PAGES
    assert counted["failed"] == counted["failed/UNAVAILABLE"] > 0
    assert counted["articles"] == PAGES - counted["failed"]
    # No more than these can have been answered before it was killed.
    assert counted["articles"] > 150
    unanswered = [item["basma"] for item in crawled.items if item["basma"]["verdict"] is None]
    assert len(unanswered) == counted["failed"]
    assert all("UNAVAILABLE" in tag["error"] for tag in unanswered)
    assert crawled.log.count("Basma answers again") >= 1
    assert crawled.log.count("Traceback") == 0


def test_fail_closed_waits_for_the_server_and_loses_nothing(articles: dict[str, Page]) -> None:
    with Server() as server:
        before_article = killed_and_restarted(server, kill_at=150, start_at=170)
        with Site(list(articles.values()), before_article) as site:
            crawled = crawl(
                site.url,
                BASMA_SERVER=server.url,
                BASMA_DUPLICATES="tag",
                BASMA_FAIL="closed",
                BASMA_TIMEOUT=120,
            )
        with Client(server.url, collection="news") as client:
            stored = {article.id: article for article in client.list_articles()}
    counted = crawled.basma()
    assert (len(crawled.items), counted["articles"], len(stored)) == (PAGES, PAGES, PAGES)
    assert "failed" not in counted
    # Whether it was answered before the server was killed, after, or asked twice.
    for item in crawled.items:
        assert stored[item["url"]].verdict == item["basma"]["verdict"]


def test_fail_closed_drops_what_got_no_answer(articles: dict[str, Page]) -> None:
    with Server() as server, Site(list(articles.values())[:20]) as site:
        server.kill()
        crawled = crawl(site.url, BASMA_SERVER=server.url, BASMA_FAIL="closed", BASMA_TIMEOUT=0.5)
        server.start()
    counted = crawled.basma()
    assert crawled.items == []
    assert counted["dropped"] == counted["failed"] == 20
    assert "not checked: UNAVAILABLE" in crawled.log


def test_a_setting_that_cannot_be_used_stops_the_crawl(site: Site) -> None:
    for settings, told in (
        ({"BASMA_DUPLICATES": "delete"}, "BASMA_DUPLICATES may be drop, tag, log, not 'delete'"),
        ({"BASMA_RELATIONS": ["NEAR"]}, "BASMA_RELATIONS may be EXACT"),
        ({"BASMA_FAIL": "half"}, "BASMA_FAIL may be open, closed"),
        ({"BASMA_FIELDS": {"body": "text"}}, "BASMA_FIELDS may have text, id"),
        ({"BASMA_CONCURRENCY": 0}, "must be above 0"),
    ):
        with pytest.raises(RuntimeError, match=told):
            crawl(site.url, **settings)
