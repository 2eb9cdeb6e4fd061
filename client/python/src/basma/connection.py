"""Which server to call, and with what proof of identity."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import grpc
import grpc.aio

DEFAULT_SERVER = "http://127.0.0.1:50051"

Pem: TypeAlias = "bytes | str | os.PathLike[str]"
"""A certificate or key in PEM: the bytes themselves, or the path of a file."""

# Answers may be this large, in bytes: a full batch with a thousand matches each.
_MAX_ANSWER_BYTES = 64 << 20
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Tls:
    """How to make sure of the server, and prove who is calling."""

    ca: Pem | None = None
    """Who may have signed the server's certificate; without it, whom the public web trusts."""
    certificate: Pem | None = None
    """The client's own certificate, where the server asks for one."""
    key: Pem | None = None
    """The key of that certificate."""
    server_name: str = ""
    """The name in the server's certificate, if it is not the one in the address."""


class Connection:
    """An address read and checked, and all that a channel to it needs."""

    def __init__(self, server: str | None, tls: Tls | None, token: str | None) -> None:
        """Read the address; see `basma.Client` for what the arguments mean.

        Raises:
            ValueError: The address or the combination cannot be used.

        """
        self.server = server or os.environ.get("BASMA_SERVER") or DEFAULT_SERVER
        secret = token or os.environ.get("BASMA_TOKEN")
        try:
            address = urlsplit(self.server)
            usual_port = _PORTS[address.scheme]
            port = address.port or usual_port
        except (KeyError, ValueError):
            raise self._unusable() from None
        if not address.hostname or address.path.strip("/") or address.query:
            raise self._unusable()
        if tls is not None and address.scheme != "https":
            raise ValueError(f"with `tls` the address must begin with https://, not {self.server}")
        host = f"[{address.hostname}]" if ":" in address.hostname else address.hostname
        self._target = f"{host}:{port}"
        self.metadata = (("authorization", f"Bearer {secret}"),) if secret else ()
        self._options: list[tuple[str, int | str]] = [
            ("grpc.primary_user_agent", f"basma-python/{version('basma')}"),
            ("grpc.max_receive_message_length", _MAX_ANSWER_BYTES),
            # A server that comes back is found again as soon as the retries look for it.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 2000),
            # However it is called: how long one attempt to connect may take.
            ("grpc.min_reconnect_backoff_ms", 5000),
            # UNAVAILABLE is retried by `basma.RetryPolicy`, within the deadline.
            ("grpc.enable_retries", 0),
        ]
        self._credentials: grpc.ChannelCredentials | None = None
        if address.scheme == "https":
            self._credentials = self._secure(tls or Tls())

    def channel(self) -> grpc.Channel:
        """Return a channel for threads."""
        if self._credentials is None:
            return grpc.insecure_channel(self._target, self._options)
        return grpc.secure_channel(self._target, self._credentials, self._options)

    def aio_channel(self) -> grpc.aio.Channel:
        """Return a channel for the event loop that is running."""
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._target, self._options)
        return grpc.aio.secure_channel(self._target, self._credentials, self._options)

    def _secure(self, tls: Tls) -> grpc.ChannelCredentials:
        if tls.server_name:
            self._options.append(("grpc.ssl_target_name_override", tls.server_name))
        return grpc.ssl_channel_credentials(_read(tls.ca), _read(tls.key), _read(tls.certificate))

    def _unusable(self) -> ValueError:
        return ValueError(
            f"`{self.server}` is no server address; write it like {DEFAULT_SERVER}, "
            "or with https:// for TLS"
        )


def _read(pem: Pem | None) -> bytes | None:
    return pem if pem is None or isinstance(pem, bytes) else Path(pem).read_bytes()
