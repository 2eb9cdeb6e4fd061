"""What the pipeline costs a crawl: items a second with it and without, in turns, on a local site.

Every crawl is of the same 500 pages from loopback, without delays: a site that answers at once is
the hardest case, for Scrapy itself has nothing to wait for then. `--latency` lets it answer later.
"""

from __future__ import annotations

import argparse
import resource
import time
from statistics import median

from tests.crawl import crawl
from tests.server import Server
from tests.site import PAGES, Site, pages

WITHOUT, WITH = "without", "with"


def main() -> None:
    """Print the medians, and what the pipeline adds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="crawls of each kind")
    parser.add_argument("--latency", type=float, default=0.0, help="of each page, in seconds")
    options = parser.parse_args()
    rates: dict[str, list[float]] = {WITHOUT: [], WITH: []}
    processor: dict[str, list[float]] = {WITHOUT: [], WITH: []}
    waits = []
    with Server() as server, Site(pages(), lambda _: time.sleep(options.latency)) as site:
        for number in range(options.rounds):
            for kind in (WITHOUT, WITH) if number % 2 else (WITH, WITHOUT):
                before = _children()
                pipelines = {} if kind == WITHOUT else {"basma.scrapy.BasmaPipeline": 300}
                crawled = crawl(
                    site.url,
                    ITEM_PIPELINES=pipelines,
                    LOG_LEVEL="WARNING",
                    BASMA_SERVER=server.url,
                    BASMA_COLLECTION=f"crawl-{number}",
                    BASMA_DUPLICATES="log",
                )
                assert crawled.stats["item_scraped_count"] == PAGES
                rates[kind].append(PAGES / crawled.stats["elapsed_time_seconds"])
                processor[kind].append((_children() - before) / PAGES * 1000)
                if kind == WITH:
                    assert crawled.stats["basma/articles"] == PAGES
                    waits.append(crawled.stats["basma/seconds"] / PAGES * 1000)
    print("             items/s  processor, ms an item")
    for kind, measured in rates.items():
        print(f"{kind:10} {median(measured):9.0f}  {median(processor[kind]):21.1f}")
    ratios = sorted(
        rates[WITH][number] / rates[WITHOUT][number] for number in range(options.rounds)
    )
    print(f"ratio      {median(ratios):9.2f}  {ratios[0]:.2f} to {ratios[-1]:.2f} by round")
    print(f"an answer takes {median(waits):.1f} ms; up to 16 are waited for at once")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
