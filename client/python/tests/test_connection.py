"""Addresses, TLS and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
import trustme

from basma import AsyncClient, Client, NotFound, RetryPolicy, Tls, Unauthenticated, Unavailable
from tests.either import Either
from tests.gateway import Gateway
from tests.texts import FAIR_ARTICLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server import Server

CLIENTS = pytest.mark.parametrize("kind", [Client, AsyncClient])
ONCE = RetryPolicy(attempts=1)


@pytest.mark.parametrize(
    "server",
    ["127.0.0.1:50051", "ftp://127.0.0.1:1", "http://", "http://a:port", "http://a:1/path", "x"],
)
async def test_an_unusable_address_says_how_to_write_one(server: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(ValueError, match="http://127.0.0.1:50051"):
            kind(server)


async def test_tls_options_need_an_https_address() -> None:
    with pytest.raises(ValueError, match="https://"):
        Client("http://127.0.0.1:50051", tls=Tls())


def test_address_and_token_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gateway(server.url, token="secret") as gateway:
        monkeypatch.setenv("BASMA_SERVER", gateway.url)
        monkeypatch.setenv("BASMA_TOKEN", "secret")
        with Client() as client:
            assert client.server == gateway.url
            assert client.health() == "SERVING"


@CLIENTS
async def test_tls_and_token(server: Server, kind: Any, tmp_path: Path) -> None:
    ca = trustme.CA()
    certificate = ca.issue_cert("127.0.0.1")
    credentials = grpc.ssl_server_credentials(
        [(certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes())]
    )
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(path)
    with Gateway(server.url, credentials, token="secret") as gateway:
        for trusted in (path, str(path), path.read_bytes()):
            client = Either(kind(gateway.url, tls=Tls(ca=trusted), token="secret"))
            assert await client.health() == "SERVING"
            with pytest.raises(NotFound, match="ARTICLE_NOT_FOUND"):
                await client.get_article("no such article")
            await client.close()

        client = Either(kind(gateway.url, tls=Tls(ca=path), token="wrong"))
        with pytest.raises(Unauthenticated, match="a token, please"):
            await client.submit(FAIR_ARTICLE)
        await client.close()

        stranger = trustme.CA().cert_pem.bytes()
        client = Either(kind(gateway.url, tls=Tls(ca=stranger), token="secret", retry=ONCE))
        with pytest.raises(Unavailable, match="cannot reach https://"):
            await client.health()
        await client.close()


@CLIENTS
async def test_the_client_shows_a_certificate_and_the_server_may_have_another_name(
    server: Server, kind: Any
) -> None:
    ca = trustme.CA()
    certificate, own = ca.issue_cert("basma.example"), ca.issue_cert("scraper.example")
    credentials = grpc.ssl_server_credentials(
        [(certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes())],
        root_certificates=ca.cert_pem.bytes(),
        require_client_auth=True,
    )
    with Gateway(server.url, credentials) as gateway:
        tls = Tls(
            ca=ca.cert_pem.bytes(),
            certificate=own.cert_chain_pems[0].bytes(),
            key=own.private_key_pem.bytes(),
            server_name="basma.example",
        )
        client = Either(kind(gateway.url, tls=tls))
        assert await client.health() == "SERVING"
        await client.close()
        without = Tls(ca=tls.ca, server_name="basma.example")
        client = Either(kind(gateway.url, tls=without, retry=ONCE))
        with pytest.raises(Unavailable):
            await client.health()
        await client.close()
