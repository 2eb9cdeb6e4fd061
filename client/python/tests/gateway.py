"""A gRPC server in front of `basmad` that refuses as it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import grpc


class Gateway(grpc.GenericRpcHandler, AbstractContextManager["Gateway"]):
    """Hands calls on as they come, byte for byte."""

    def __init__(self, behind: str) -> None:
        """Listen on a free port of loopback."""
        self._channel = grpc.insecure_channel(behind.removeprefix("http://"))
        self.refusals: list[grpc.StatusCode] = []
        self.calls: list[str] = []
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=[self])
        self.url = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Return how a call is handled."""
        method = details.method

        def hand_on(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls.append(method)
            if self.refusals:
                context.abort(self.refusals.pop(0), "as told")
            try:
                forward = self._channel.unary_unary(method, _same, _same)
                return forward(request, timeout=context.time_remaining())
            except grpc.RpcError as error:
                trailing: Any = error.trailing_metadata()
                context.set_trailing_metadata(trailing)
                context.abort(error.code(), error.details() or "")

        return grpc.unary_unary_rpc_method_handler(hand_on)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._server.stop(None).wait()
        self._channel.close()


def _same(message: bytes) -> bytes:
    return message
