"""A crawl of the example project in a process of its own, with its items and its statistics."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent.parent / "examples"
PROJECT = EXAMPLES / "news"


@dataclass(frozen=True)
class Crawl:
    """What came of it."""

    items: list[dict[str, Any]]
    stats: dict[str, Any]
    log: str

    def basma(self) -> dict[str, int]:
        """Return what the pipeline counted."""
        return {
            name.removeprefix("basma/"): value
            for name, value in self.stats.items()
            if name.startswith("basma/") and "seconds" not in name
        }


def crawl(start: str, **settings: Any) -> Crawl:
    """Crawl a site from `start`, with these settings over those of the project."""
    with tempfile.TemporaryDirectory() as folder:
        items, stats = Path(folder, "items.jsonl"), Path(folder, "stats.json")
        settings["FEEDS"] = {str(items): {"format": "jsonlines"}}
        settings.setdefault("LOG_LEVEL", "INFO")
        done = subprocess.run(
            [sys.executable, __file__, start, str(stats)],
            input=json.dumps(settings),
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        lines = items.read_text().splitlines() if items.exists() else []
        return Crawl(list(map(json.loads, lines)), json.loads(stats.read_text()), done.stderr)


def main(start: str, stats: str) -> None:
    """Crawl in this process, as `scrapy crawl news` would; settings come by standard input."""
    from scrapy.crawler import CrawlerProcess  # noqa: PLC0415 - only the process that crawls
    from scrapy.utils.project import get_project_settings  # noqa: PLC0415

    settings = get_project_settings()
    settings.update(json.load(sys.stdin), priority="cmdline")
    process = CrawlerProcess(settings)
    crawler = process.create_crawler("news")
    process.crawl(crawler, start=start)
    process.start()
    counted = crawler.stats.get_stats() if crawler.stats else {}
    if "finish_reason" not in counted:
        sys.exit(1)
    Path(stats).write_text(json.dumps(counted, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
