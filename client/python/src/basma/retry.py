"""When and how long to wait before a call is made again.

After UNAVAILABLE (AIP-194), and where the server says when.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from basma.errors import BasmaError, Unavailable


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter, and a bound on the number of attempts. In seconds.

    Every call may be repeated: a submission that did arrive is told its first answer again.
    """

    attempts: int = 4
    """How often a call is tried in all; 1 means that it is never repeated."""
    first_delay: float = 0.1
    """Wait before the second attempt; each further wait is twice as long."""
    longest_delay: float = 5.0
    """No wait that the policy chooses by itself is longer."""

    def wait(self, attempt: int, error: BasmaError) -> float | None:
        """Return the wait after attempt number `attempt`, from 1; `None` if it was the last."""
        passing = isinstance(error, Unavailable) or error.retry_delay is not None
        if attempt >= self.attempts or not passing:
            return None
        # Between half of the step and the whole, so that clients which failed together do not come
        # back together; never less than the server asked for.
        step = min(self.first_delay * 2.0 ** min(attempt - 1, 64), self.longest_delay)
        jitter = random.random() / 2  # noqa: S311 - spreads the load, guards nothing
        least = step / 2 if error.retry_delay is None else error.retry_delay
        return least + step * jitter


class Attempts:
    """The attempts at one call, which have one deadline together."""

    def __init__(self, policy: RetryPolicy, timeout: float) -> None:
        """Begin now; `timeout` is in seconds."""
        self._policy = policy
        self._end = time.monotonic() + timeout
        self._made = 0

    def left(self) -> float:
        """Return the seconds until the deadline."""
        return max(self._end - time.monotonic(), 0.0)

    def failed(self, error: BasmaError) -> float:
        """Return how long to wait before the next attempt.

        Raises:
            BasmaError: `error` itself, if there is to be no other attempt: the real cause says more
                than that the time was over while waiting.

        """
        self._made += 1
        wait = self._policy.wait(self._made, error)
        if wait is None or wait >= self.left():
            raise error
        return wait
