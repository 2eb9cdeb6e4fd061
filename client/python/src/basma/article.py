"""The article, as it is sent and as the index remembers it, and what its text becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Verdict(str, Enum):
    """What the index has of an article, from strongest to weakest."""

    UNSPECIFIED = "UNSPECIFIED"
    """A verdict that this version of the package does not know."""
    EXACT = "EXACT"
    """The same words in the same order."""
    NEAR_DUPLICATE = "NEAR_DUPLICATE"
    """The same story in nearly the same words."""
    CONTAINED_IN = "CONTAINED_IN"
    """Nearly all of it stands in a longer article."""
    CONTAINS = "CONTAINS"
    """It holds nearly all of a shorter article."""
    PARTIAL = "PARTIAL"
    """It shares passages with another article, and each has much of its own: not a duplicate."""
    TEMPLATE = "TEMPLATE"
    """The same formula about another event: not a duplicate."""
    NEW = "NEW"
    """Nothing like it is known."""

    @property
    def is_duplicate(self) -> bool:
        """Whether the story is known: EXACT, NEAR_DUPLICATE, CONTAINED_IN or CONTAINS."""
        return self in _DUPLICATES


_DUPLICATES = frozenset(
    {Verdict.EXACT, Verdict.NEAR_DUPLICATE, Verdict.CONTAINED_IN, Verdict.CONTAINS}
)


@dataclass(frozen=True)
class EncodedText:
    """Text in a charset other than UTF-8."""

    content: bytes = b""
    """The bytes as they were fetched."""
    charset: str = ""
    """A label of the WHATWG Encoding Standard, for example "windows-1256"."""


@dataclass(frozen=True)
class Article:
    """An article to submit or to check. Give `text` or `encoded_text`."""

    id: str = ""
    """Your name for it, unique in its collection. Required to submit."""
    text: str | None = None
    """The body, without markup."""
    title: str = ""
    """The headline. Kept and returned; it says which words of the text matter most."""
    source: str = ""
    """The outlet, for example its domain."""
    url: str = ""
    """Where it was fetched."""
    publish_time: datetime | None = None
    """When the outlet published it. Without a time zone it is taken as UTC."""
    encoded_text: EncodedText | None = None
    """The body in another charset."""


@dataclass(frozen=True)
class Fingerprint:
    """What a text becomes: everything that the index keeps of it."""

    fold_version: int = 0
    """Version of the folding. Fingerprints of different versions cannot be compared."""
    token_count: int = 0
    """Number of words after folding."""
    exact_hash: str = ""
    """xxh3-128 of the folded words, 32 hexadecimal digits."""
    simhash: int = 0
    """64-bit SimHash."""
    simhash_hex: str = ""
    """The SimHash as 16 hexadecimal digits."""
    sketch_size: int = 0
    """Number of hashes in the shingle sketch."""


@dataclass(frozen=True)
class FoldedText:
    """A fingerprint and what it was computed from."""

    fingerprint: Fingerprint
    """The fingerprint."""
    folded_text: str = ""
    """The folded words, separated by one space."""


@dataclass(frozen=True)
class StoredArticle:
    """An article as the index remembers it."""

    id: str
    """Your name for it."""
    title: str
    """The headline it was submitted with."""
    source: str
    """The outlet it was submitted with."""
    url: str
    """The address it was submitted with."""
    publish_time: datetime | None
    """The publication time it was submitted with."""
    first_seen_time: datetime
    """When this id was first submitted."""
    revision: int
    """1 for the first text under this id, one more for each changed text."""
    fingerprint: Fingerprint
    """What the text became."""
    verdict: Verdict
    """The answer that its submission got."""
    canonical_id: str
    """The first article of its story; its own id if it is the first."""
    text: str | None = None
    """The text, if it was kept and asked for."""


@dataclass(frozen=True)
class Cluster:
    """A page of the articles of one story."""

    canonical_id: str
    """The first article of the story."""
    size: int
    """How many articles the story has in all."""
    articles: tuple[StoredArticle, ...]
    """The articles of this page, the first one first."""
    next_page_token: str
    """For the next page; empty on the last one."""
