"""Both clients behind one face, so that each test runs with either."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from inspect import isawaitable
from typing import Any

from basma import AsyncClient, Client


class Either:
    """Calls a method of the client by its name; iterators are read to their end."""

    def __init__(self, client: Client | AsyncClient) -> None:
        """Wrap the client."""
        self.client = client

    def __getattr__(self, name: str) -> Any:
        """Return the method, to be awaited."""
        method = getattr(self.client, name)

        def blocking(*args: Any, **options: Any) -> Any:
            result = method(*args, **options)
            return list(result) if isinstance(result, Iterator) else result

        async def call(*args: Any, **options: Any) -> Any:
            if isinstance(self.client, Client):
                return await asyncio.to_thread(blocking, *args, **options)
            result = method(*args, **options)
            if isinstance(result, AsyncIterator):
                return [entry async for entry in result]
            return await result if isawaitable(result) else result

        return call

    async def close(self) -> None:
        """Close the client."""
        await self.__getattr__("close")()
