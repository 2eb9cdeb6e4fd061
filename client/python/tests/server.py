"""A `basmad` of the tests' own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from basma import Client, RetryPolicy, Tls

REPOSITORY = Path(__file__).parents[3]
PATIENT = RetryPolicy(attempts=1000, first_delay=0.05, longest_delay=0.2)


@cache
def program(name: str) -> str:
    """Return where a program of the repository is: as `BASMAD` says, or as cargo builds it."""
    given = os.environ.get(name.upper().replace("-", "_"))
    return given or _built()[name]


@cache
def _built() -> dict[str, str]:
    # With these features, and so without building anything again, after `cargo test --workspace`.
    command = ["cargo", "build", "--quiet", "--workspace", "--bins", "--examples"]
    built = subprocess.run(
        [*command, "--message-format=json"], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    )
    messages = map(json.loads, built.stdout.splitlines())
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}


def make_token(name: str, *rights: str) -> tuple[str, str]:
    """Have `basmad token` make a token; return it and its entry in the file."""
    command = [program("basmad"), "token", name, *rights]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    # Warnings may stand before it.
    return made.stderr.splitlines()[-1], made.stdout


class Server(AbstractContextManager["Server"]):
    """A server on a port of its own, with a folder of its own.

    It can be killed and started again on the same port, with what it had acknowledged.
    """

    def __init__(self, *arguments: str, tls: Tls | None = None) -> None:
        """Start the server with these arguments, too; wait until it serves, called by `tls`."""
        self._listen = "127.0.0.1:0"
        self._arguments = arguments
        self._tls = tls
        self._folder = tempfile.TemporaryDirectory()
        self.start()

    def start(self) -> None:
        """Start it, again on the port that it had."""
        self._process = subprocess.Popen(
            [
                *(program("basmad"), "--listen", self._listen, "--data-dir", self._folder.name),
                *self._arguments,
            ],
            env={**os.environ, "BASMA_LOG": "warn"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip().removeprefix("basmad listening on ")
        _, _, self._listen = self.url.partition("://")
        with Client(self.url, retry=PATIENT, tls=self._tls) as client:
            while client.health() != "SERVING":
                pass

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def hang(self) -> None:
        """Let it go on listening but do nothing, until `go_on`."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Wake it from `hang`."""
        self._process.send_signal(signal.SIGCONT)

    def __exit__(self, *_: object) -> None:
        """Kill it, and remove what it kept."""
        self.kill()
        self._folder.cleanup()
