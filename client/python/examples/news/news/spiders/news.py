"""Follows the lists of a news site and scrapes its articles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import scrapy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response


class NewsSpider(scrapy.Spider):
    """`scrapy crawl news -a start=http://HOST/`."""

    name = "news"

    def __init__(self, start: str, **options: Any) -> None:
        """Begin at the page `start`."""
        super().__init__(**options)
        self._start = start

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Ask for the first list."""
        yield scrapy.Request(self._start, self.parse)

    def parse(self, response: Response) -> Iterator[scrapy.Request]:
        """Follow a list to its articles and to the next list."""
        articles = response.css("main a.article::attr(href)").getall()
        yield from response.follow_all(articles, self.parse_article)
        yield from response.follow_all(response.css("a[rel=next]::attr(href)").getall(), self.parse)

    def parse_article(self, response: Response) -> Iterator[dict[str, Any]]:
        """Scrape an article: its own paragraphs, not what the site puts around them."""
        yield {
            "url": response.url,
            "title": response.css("article h1::text").get(""),
            "published": response.css("article time::attr(datetime)").get(),
            "text": response.css("article .body p::text").getall(),
        }
