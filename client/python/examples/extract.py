"""Take the articles out of saved pages with trafilatura, and submit them.

python extract.py page.html another.html

What a site puts around its articles (menus, "read also", copyright) would be shared by all of its
pages: extract first, submit what remains.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import trafilatura
from trafilatura.settings import Document

from basma import Article, Client

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def extracted(paths: Iterable[str]) -> Iterator[Article]:
    """Yield the articles of those pages that have one."""
    for path in paths:
        html = Path(path).read_text("utf-8")
        page = trafilatura.bare_extraction(html, with_metadata=True)
        if not isinstance(page, Document) or not page.text:
            print(f"{path}: no article found", file=sys.stderr)
            continue
        date = datetime.fromisoformat(page.date).replace(tzinfo=timezone.utc) if page.date else None
        url = page.url or ""
        yield Article(
            id=url or path, text=page.text, title=page.title or "", url=url, publish_time=date
        )


with Client() as client:
    for result in client.submit_many(extracted(sys.argv[1:])):
        answer = result.unwrap()
        print(answer.verdict.value, answer.id, "first:", answer.canonical_id)
