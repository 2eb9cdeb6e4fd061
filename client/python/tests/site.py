"""A news site on loopback: generated Arabic pages, of which it is known what is a copy of what."""

from __future__ import annotations

import json
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from tests.server import program

if TYPE_CHECKING:
    from collections.abc import Callable


PAGES = 500
_PER_LIST = 50
# Exact and near copies, excerpts and longer versions, pages with a second article, templates; a
# third of all wrapped in datelines, bylines and "read also".
_MIX = "exact=0.12,near=0.12,contained=0.08,glued=0.04,template=0.08,wrapped=0.3,strength=0.15"


@dataclass(frozen=True)
class Page:
    """An article of the site, and what is true of it."""

    path: str
    title: str
    published: str
    paragraphs: tuple[str, ...]
    kind: str
    stories: frozenset[str]
    """The paths of the originals that it is, or is made of: two, if it has a second article."""

    @property
    def html(self) -> str:
        """The page, with what a site puts around an article."""
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.paragraphs)
        return (
            f"<!DOCTYPE html><html lang=ar dir=rtl><head><meta charset=utf-8>"
            f"<title>{escape(self.title)} - أخبار اليوم</title></head><body>"
            "<nav><a href=/>الرئيسية</a> <a href=/list/0>سياسة</a> <a href=/list/1>رياضة</a></nav>"
            f"<main><article><h1>{escape(self.title)}</h1>"
            f"<time datetime='{self.published}'>{self.published}</time>"
            f"<div class=body>{body}</div></article></main>"
            f"<footer><p>جميع الحقوق محفوظة لموقع أخبار اليوم</p></footer></body></html>"
        )


def pages(count: int = PAGES, seed: int = 7) -> list[Page]:
    """Return the articles, the same for the same seed."""
    command = [program("basma-corpus"), "--truth", "--words", "120", "--mix", _MIX]
    command += ["--articles", str(count), "--seed", str(seed)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    rows = {row["id"]: row for row in map(json.loads, lines)}

    def stories(row: dict[str, Any]) -> frozenset[str]:
        # What shares a template is not the same story.
        parts = [] if row["kind"] == "TEMPLATE" else [row["of"], row["second"]]
        originals = [stories(rows[part]) for part in parts if part is not None]
        return frozenset().union(*originals) or frozenset({_path(row)})

    return [
        Page(
            path=_path(row),
            title=row["title"],
            published=row["date"].replace(" ", "T") + "Z",
            paragraphs=tuple(row["text"].splitlines()),
            kind=row["kind"],
            stories=stories(row),
        )
        for row in rows.values()
    ]


def _path(row: dict[str, Any]) -> str:
    return f"/article/{row['id']}"


class Site(AbstractContextManager["Site"]):
    """Serves the pages, and lists of them that lead from one to the next."""

    def __init__(
        self, pages: list[Page], before_article: Callable[[int], None] = lambda _: None
    ) -> None:
        """Serve on a free port; call `before_article` with the number of each request for one."""
        self._pages = {page.path: page for page in pages}
        self._lock = Lock()
        self._requests = 0
        self._before_article = before_article
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Send a page."""
                html = site.html(self.path)
                content = (html or "not found").encode()
                self.send_response(200 if html else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def html(self, path: str) -> str | None:
        """Return the page at a path."""
        page = self._pages.get(path)
        if page is not None:
            with self._lock:
                self._requests += 1
                number = self._requests
            self._before_article(number)
            return page.html
        if path == "/":
            return self._list(0)
        return self._list(int(path.removeprefix("/list/"))) if path.startswith("/list/") else None

    def _list(self, number: int) -> str:
        begin = number * _PER_LIST
        paths = list(self._pages)[begin : begin + _PER_LIST]
        links = "".join(f"<a class=article href={path}>{path}</a> " for path in paths)
        more = begin + _PER_LIST < len(self._pages)
        following = f"<a rel=next href=/list/{number + 1}>التالي</a>" if more else ""
        return f"<html><body><main>{links}</main>{following}</body></html>"

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
