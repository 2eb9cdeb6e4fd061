"""When not to ask: a crawl that goes on without answers is not to wait for each of them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from basma.errors import BasmaError, DeadlineExceeded, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Outage:
    """Whether the server answers, as far as is known; each change is logged once."""

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a server that answers; `pause` is in seconds."""
        self._pause = pause
        self._clock = clock
        self._cause = ""
        self._until = 0.0

    def check(self) -> None:
        """Raise `Unavailable` for a while after a question that was not answered."""
        if self._cause and self._clock() < self._until:
            raise Unavailable(f"not asked, for a moment ago: {self._cause}")

    def failed(self, error: BasmaError) -> None:
        """Take note of a question without an answer."""
        if not isinstance(error, (Unavailable, DeadlineExceeded)):
            return
        if not self._cause:
            logger.warning("Basma does not answer: %s", error)
        self._cause = str(error)
        self._until = self._clock() + self._pause

    def answered(self) -> None:
        """Take note of an answer."""
        if self._cause:
            logger.info("Basma answers again")
        self._cause = ""
