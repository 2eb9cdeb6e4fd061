"""Basma in a Scrapy crawl: every item is asked about as it is scraped.

    ITEM_PIPELINES = {"basma.scrapy.BasmaPipeline": 300}

| module | what it holds |
|---|---|
| `pipeline` | `BasmaPipeline`: asks, counts, and does with duplicates as it is told |
| `settings` | the settings `BASMA_…`, read and checked |
| `fields` | from an item to the article that is asked about |
| `tag` | from an answer to what is written into the item |
| `outage` | when not to ask, because the server has not answered |
"""

from basma.scrapy.pipeline import BasmaPipeline

__all__ = ["BasmaPipeline"]
