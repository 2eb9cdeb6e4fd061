"""What is tried again, how often, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from basma import (
    Article,
    AsyncClient,
    BasmaError,
    Client,
    DeadlineExceeded,
    NotFound,
    ResourceExhausted,
    RetryPolicy,
    Unavailable,
)
from basma.retry import Attempts
from tests.either import Either
from tests.gateway import Gateway
from tests.server import PATIENT, Server
from tests.texts import FAIR_ARTICLE, numbered

CLIENTS = pytest.mark.parametrize("kind", [Client, AsyncClient])
HASTY = RetryPolicy(attempts=4, first_delay=0.01)


def test_waits_double_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=10, first_delay=0.1, longest_delay=0.35)
    error = Unavailable("draining")
    for attempt, step in enumerate([0.1, 0.2, 0.35, 0.35], start=1):
        waits = [policy.wait(attempt, error) for _ in range(100)]
        assert all(wait is not None and step / 2 <= wait <= step for wait in waits)
        assert len(set(waits)) > 1
    assert policy.wait(10, error) is None


def test_never_less_than_the_server_asks_for() -> None:
    wait = RetryPolicy().wait(1, Unavailable("draining", retry_delay=2.0))
    assert wait is not None
    assert 2.0 <= wait <= 2.05


def test_only_unavailable_is_repeated_unless_the_server_says_when() -> None:
    said = BasmaError("too fast", "RATE_EXCEEDED", "", 2.0)
    assert RetryPolicy().wait(1, said) is not None
    for kind in BasmaError.__subclasses__():
        assert (RetryPolicy().wait(1, kind("")) is not None) == (kind is Unavailable)


def test_no_wait_beyond_the_deadline() -> None:
    attempts = Attempts(RetryPolicy(first_delay=10), timeout=1)
    error = Unavailable("draining")
    with pytest.raises(Unavailable) as raised:
        attempts.failed(error)
    assert raised.value is error


@CLIENTS
async def test_unavailable_is_repeated_and_nothing_else(server: Server, kind: Any) -> None:
    with Gateway(server.url) as gateway:
        client = Either(kind(gateway.url, retry=HASTY))
        gateway.refusals = [grpc.StatusCode.UNAVAILABLE] * 3
        assert await client.health() == "SERVING"
        assert len(gateway.calls) == 4

        gateway.calls.clear()
        gateway.refusals = [grpc.StatusCode.UNAVAILABLE] * 9
        with pytest.raises(Unavailable, match="as told"):
            await client.health()
        assert len(gateway.calls) == 4

        for code, error in (
            (grpc.StatusCode.RESOURCE_EXHAUSTED, ResourceExhausted),
            (grpc.StatusCode.INTERNAL, BasmaError),
        ):
            gateway.calls.clear()
            gateway.refusals = [code]
            with pytest.raises(error) as raised:
                await client.health()
            assert raised.value.code == code
            assert len(gateway.calls) == 1
        await client.close()


@CLIENTS
async def test_a_batch_that_failed_is_sent_again(server: Server, client: Client, kind: Any) -> None:
    with Gateway(server.url) as gateway:
        gateway.refusals = [grpc.StatusCode.UNAVAILABLE] * 2
        batches = Either(kind(gateway.url, collection=client.collection, retry=HASTY))
        results = await batches.submit_many(map(numbered, range(10)), batch_size=4)
        assert [result.unwrap().revision for result in results] == [1] * 10
        assert len(gateway.calls) == 5
        await batches.close()


@CLIENTS
async def test_a_server_that_comes_back_is_found_again(kind: Any) -> None:
    with Server() as server:
        client = Either(kind(server.url, retry=PATIENT))
        await client.submit(FAIR_ARTICLE)
        server.kill()
        hasty = Either(kind(server.url, retry=HASTY))
        with pytest.raises(Unavailable, match="is basmad running there"):
            await hasty.health()
        await hasty.close()
        waiting = asyncio.create_task(client.health())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        server.start()
        assert await waiting == "SERVING"
        await client.close()


@CLIENTS
async def test_a_restart_amid_many_loses_nothing(kind: Any) -> None:
    with Server() as server:
        client = Either(kind(server.url, retry=PATIENT))

        def articles() -> Any:
            for number in range(100):
                if number == 50:
                    server.kill()
                    server.start()
                yield numbered(number)

        results = await client.submit_many(articles(), batch_size=10)
        assert [result.unwrap().id for result in results] == [f"n{number}" for number in range(100)]
        assert (await client.get_stats()).article_count == 100
        await client.close()


@CLIENTS
async def test_a_server_that_hangs_is_waited_for_until_the_deadline(kind: Any) -> None:
    with Server() as server:
        client = Either(kind(server.url, timeout=0.5))
        server.hang()
        with pytest.raises(DeadlineExceeded, match="longer"):
            await client.health()
        with pytest.raises(DeadlineExceeded):
            await client.submit_many([FAIR_ARTICLE])
        server.go_on()
        assert await client.health(timeout=30) == "SERVING"
        await client.close()


@CLIENTS
async def test_an_error_ends_many(client: Client, kind: Any) -> None:
    other = Either(kind(client.server, collection="no-such-collection"))
    for method in (other.submit_many, other.check_many):
        with pytest.raises(NotFound, match="COLLECTION_NOT_FOUND"):
            await method([Article("1", "نص")])
    await other.close()


async def test_a_stream_ends_with_its_server() -> None:
    with Server() as server, Client(server.url) as client:

        def articles() -> Any:
            yield FAIR_ARTICLE
            server.kill()
            yield numbered(1)

        with pytest.raises(Unavailable):
            list(client.submit_stream(articles()))
