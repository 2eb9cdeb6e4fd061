"""The server that most tests share, and a collection of its own for each of them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from basma import AsyncClient, Client, Collection
from tests.either import Either
from tests.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return the server that is not to be killed."""
    with Server() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """Return a client with a new collection."""
    name = f"test-{next(_numbers)}"
    with Client(server.url, collection=name) as client:
        client.create_collection(Collection(name))
        yield client


@pytest.fixture(params=[Client, AsyncClient])
async def api(request: pytest.FixtureRequest, client: Client) -> AsyncIterator[Either]:
    """Return a client of either kind with a new collection."""
    either = Either(request.param(client.server, collection=client.collection))
    yield either
    await either.close()
