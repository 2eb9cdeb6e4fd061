"""The examples run, as their first lines say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.crawl import EXAMPLES, PROJECT
from tests.server import Server
from tests.site import Site, pages
from tests.texts import FAIR, FAIR_AGAIN, MATCH

if TYPE_CHECKING:
    from pathlib import Path


def run(server: Server, script: str, *arguments: str, given: str = "") -> list[str]:
    done = subprocess.run(
        [sys.executable, EXAMPLES / script, *arguments],
        env={**os.environ, "BASMA_SERVER": server.url},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_ten_lines() -> None:
    with Server() as server:
        assert run(server, "ten_lines.py") == [
            "a1 NEW first: a1",
            "b7 NEAR_DUPLICATE first: a1",
        ]
    code = (EXAMPLES / "ten_lines.py").read_text().split('"""', 2)[2].strip()
    assert sum(bool(line) for line in code.splitlines()) <= 10
    assert code in (EXAMPLES.parent / "README.md").read_text()


def test_consume() -> None:
    rows = [
        {"id": "a1", "text": FAIR, "source": "alwatan"},
        {"id": "b7", "text": FAIR_AGAIN, "source": "alyaum"},
        {"id": "c3", "text": MATCH},
    ]
    with Server() as server:
        lines = run(server, "consume.py", given="".join(json.dumps(row) + "\n" for row in rows))
    assert lines == ["a1 NEW", "b7 NEAR_DUPLICATE a1", "c3 NEW"]


def test_extract(tmp_path: Path) -> None:
    # Two outlets with menus and footers of their own, and the same story.
    menus = ["الرئيسية سياسة اقتصاد رياضة", "أخبار العالم منوعات صور فيديو طقس"]
    for number, (menu, text) in enumerate(zip(menus, (FAIR, FAIR_AGAIN), strict=True)):
        paragraphs = "".join(f"<p>{sentence}.</p>" for sentence in text.split(". "))
        items = "".join(f"<li><a href=/{word}>{word}</a></li>" for word in menu.split())
        html = (
            "<!DOCTYPE html><html lang=ar dir=rtl><head><meta charset=utf-8><title>المعرض</title>"
            f"<link rel=canonical href=https://outlet{number}.example/fair></head><body>"
            f"<nav><ul>{items}</ul></nav><article><h1>افتتاح المعرض</h1>{paragraphs}</article>"
            "<footer>جميع الحقوق محفوظة</footer></body></html>"
        )
        (tmp_path / f"{number}.html").write_text(html, "utf-8")
    with Server() as server:
        lines = run(server, "extract.py", *map(str, sorted(tmp_path.iterdir())))
    assert lines == [
        "NEW https://outlet0.example/fair first: https://outlet0.example/fair",
        "NEAR_DUPLICATE https://outlet1.example/fair first: https://outlet0.example/fair",
    ]


def test_the_scrapy_project(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    with Server() as server, Site(pages(100)) as site:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "scrapy",
                "crawl",
                "news",
                "-a",
                f"start={site.url}",
                "-o",
                kept,
            ],
            cwd=PROJECT,
            env={**os.environ, "BASMA_SERVER": server.url},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "'basma/articles': 100" in done.stderr
    dropped = 100 - len(kept.read_text().splitlines())
    assert f"'basma/dropped': {dropped}" in done.stderr
    assert dropped > 10
