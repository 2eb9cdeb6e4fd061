"""How many articles become few messages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from basma import Article, AsyncClient, Client, Verdict
from basma.batch import BATCH_ARTICLES, BATCH_BYTES, cut
from tests.texts import numbered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def test_batches_are_bounded_in_number_and_in_bytes() -> None:
    sizes = [1] * (BATCH_ARTICLES + 1) + [BATCH_BYTES, 10 * BATCH_BYTES, 1, 1]
    articles = (Article("x", "x" * size) for size in sizes)
    assert [len(batch) for batch in cut(articles, BATCH_ARTICLES)] == [BATCH_ARTICLES, 1, 1, 1, 2]


def test_nothing_makes_no_batch(client: Client) -> None:
    assert list(cut([], 10)) == []
    assert list(client.submit_many([])) == []


def test_only_as_much_is_read_as_is_needed(client: Client) -> None:
    read = 0

    def articles() -> Iterator[Article]:
        nonlocal read
        while True:
            read += 1
            yield numbered(read)

    results = client.submit_many(articles(), batch_size=5)
    for _ in range(20):
        next(results)
    assert read <= 31
    results.close()  # type: ignore[attr-defined]


async def test_who_sends_one_at_a_time_is_answered_one_at_a_time(client: Client) -> None:
    queue: asyncio.Queue[Article | None] = asyncio.Queue()

    async def articles() -> AsyncIterator[Article]:
        while (article := await queue.get()) is not None:
            yield article

    async with AsyncClient(client.server, collection=client.collection) as consumer:
        results = consumer.submit_many(articles())
        for number in range(3):
            await queue.put(numbered(number))
            result = await anext(results)
            assert (result.id, result.unwrap().verdict) == (f"n{number}", Verdict.NEW)
        await queue.put(None)
        assert [result async for result in results] == []


async def test_an_error_of_the_source_comes_after_what_came_before_it(client: Client) -> None:
    async def articles() -> AsyncIterator[Article]:
        yield numbered(1)
        await asyncio.sleep(0)
        raise LookupError("the source broke")

    seen = []
    async with AsyncClient(client.server, collection=client.collection) as consumer:
        with pytest.raises(LookupError):
            async for result in consumer.submit_many(articles()):
                seen.append(result.id)  # noqa: PERF401 - it raises
    assert seen == ["n1"]


async def test_a_caller_may_stop_amid_many(client: Client) -> None:
    async with AsyncClient(client.server, collection=client.collection) as consumer:
        results = consumer.submit_many(map(numbered, range(1000)), batch_size=10)
        assert (await anext(results)).id == "n0"
        await results.aclose()  # type: ignore[attr-defined]
        others = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        assert await consumer.health() == "SERVING"
