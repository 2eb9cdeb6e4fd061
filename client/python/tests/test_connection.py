"""Addresses, TLS and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import trustme

from basma import (
    AsyncClient,
    Client,
    NotFound,
    PermissionDenied,
    RetryPolicy,
    Tls,
    Unauthenticated,
    Unavailable,
)
from tests.either import Either
from tests.server import Server, make_token
from tests.texts import FAIR_ARTICLE

if TYPE_CHECKING:
    from pathlib import Path

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


def _write(path: Path, *contents: bytes) -> str:
    path.write_bytes(b"".join(contents))
    return str(path)


def _secured(folder: Path, certificate: trustme.LeafCert) -> list[str]:
    key = _write(folder / "server.key", certificate.private_key_pem.bytes())
    chain = _write(folder / "server.pem", *(pem.bytes() for pem in certificate.cert_chain_pems))
    return ["--tls-cert", chain, "--tls-key", key]


def test_address_and_token_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, entry = make_token("env", "--read", "default")
    tokens = _write(tmp_path / "tokens.toml", entry.encode())
    with Server("--tokens", tokens) as server:
        monkeypatch.setenv("BASMA_SERVER", server.url)
        with Client() as client, pytest.raises(Unauthenticated, match="TOKEN_MISSING"):
            client.get_stats()
        monkeypatch.setenv("BASMA_TOKEN", token)
        with Client() as client:
            assert client.server == server.url
            assert client.get_stats().article_count == 0


@CLIENTS
async def test_tls_and_token(kind: Any, tmp_path: Path) -> None:
    ca = trustme.CA()
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(path)
    token, entry = make_token("scraper", "--write", "default")
    tokens = _write(tmp_path / "tokens.toml", entry.encode())
    arguments = _secured(tmp_path, ca.issue_cert("127.0.0.1"))
    with Server(*arguments, "--tokens", tokens, tls=Tls(ca=path)) as server:
        assert server.url.startswith("https://")
        for trusted in (path, str(path), path.read_bytes()):
            client = Either(kind(server.url, tls=Tls(ca=trusted), token=token))
            assert await client.health() == "SERVING"
            with pytest.raises(NotFound, match="ARTICLE_NOT_FOUND"):
                await client.get_article("no such article")
            answers = await client.submit_many([FAIR_ARTICLE])
            assert [answer.id for answer in answers] == [FAIR_ARTICLE.id]
            await client.close()

        client = Either(kind(server.url, tls=Tls(ca=path), token=token))
        with pytest.raises(PermissionDenied, match="ROLE_MISSING") as denied:
            await client.delete_collection("default")
        assert denied.value.reason == "ROLE_MISSING"
        with pytest.raises(PermissionDenied, match="ROLE_MISSING"):
            await Either(client.client.with_collection("other")).get_stats()
        await client.close()

        client = Either(kind(server.url, tls=Tls(ca=path), token="wrong"))
        with pytest.raises(Unauthenticated, match="TOKEN_UNKNOWN"):
            await client.submit(FAIR_ARTICLE)
        await client.close()

        stranger = trustme.CA().cert_pem.bytes()
        client = Either(kind(server.url, tls=Tls(ca=stranger), token=token, retry=ONCE))
        with pytest.raises(Unavailable, match="cannot reach https://"):
            await client.health()
        await client.close()


@CLIENTS
async def test_the_client_shows_a_certificate_and_the_server_may_have_another_name(
    kind: Any, tmp_path: Path
) -> None:
    ca = trustme.CA()
    certificate, own = ca.issue_cert("basma.example"), ca.issue_cert("scraper.example")
    pem = ca.cert_pem.bytes()
    tls = Tls(
        ca=pem,
        certificate=own.cert_chain_pems[0].bytes(),
        key=own.private_key_pem.bytes(),
        server_name="basma.example",
    )
    clients = _write(tmp_path / "clients.pem", pem)
    arguments = [*_secured(tmp_path, certificate), "--tls-client-ca", clients]
    with Server(*arguments, tls=tls) as server:
        client = Either(kind(server.url, tls=tls))
        assert await client.health() == "SERVING"
        await client.submit(FAIR_ARTICLE)
        await client.close()
        without = Tls(ca=pem, server_name="basma.example")
        client = Either(kind(server.url, tls=without, retry=ONCE))
        with pytest.raises(Unavailable):
            await client.health()
        await client.close()
