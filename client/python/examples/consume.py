"""Consume articles as they come, here as lines of JSON from a pipe, and print what is new.

tail -f articles.jsonl | python consume.py

Many are sent in batches, one alone at once; nothing is lost when the server restarts.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from basma import Article, AsyncClient, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def articles() -> AsyncIterator[Article]:
    """Read the lines; a queue or a broker would stand here."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        row = json.loads(line)
        yield Article(row["id"], row["text"], source=row.get("source", ""))


async def main() -> None:
    """Print a line for each article."""
    patient = RetryPolicy(attempts=100)
    async with AsyncClient(timeout=300, retry=patient) as client:
        async for result in client.submit_many(articles()):
            if result.answer is None:
                print(result.id, result.error, file=sys.stderr)
            elif result.answer.is_duplicate:
                print(result.id, result.answer.verdict.value, result.answer.canonical_id)
            else:
                print(result.id, result.answer.verdict.value)


asyncio.run(main())
