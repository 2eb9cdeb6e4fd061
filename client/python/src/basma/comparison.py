"""Two texts side by side: what they share and where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from basma.answer import Evidence, Relation, TokenRange
from basma.article import Article, EncodedText, Fingerprint


@dataclass(frozen=True)
class CompareSide:
    """One side of a comparison. Give one of the four."""

    text: str | None = None
    """The text alone."""
    encoded_text: EncodedText | None = None
    """The text in another charset."""
    id: str | None = None
    """An indexed article."""
    article: Article | None = None
    """The text with its title and date, by which it is decided as if it were submitted."""


@dataclass(frozen=True)
class TextRange:
    """A half-open range of a text, in words and in bytes of UTF-8."""

    tokens: TokenRange
    """The words, counted among the folded words."""
    start_byte: int
    """The first byte in the original text."""
    end_byte: int
    """One past the last byte."""


class Kind(str, Enum):
    """Which of the two texts has a segment."""

    UNSPECIFIED = "UNSPECIFIED"
    """A kind that this version of the package does not know."""
    EQUAL = "EQUAL"
    """Both have it, letter by letter."""
    ONLY_A = "ONLY_A"
    """Only the first."""
    ONLY_B = "ONLY_B"
    """Only the second."""
    FOLDED = "FOLDED"
    """Both have it, written otherwise: only what folding takes away is different."""


@dataclass(frozen=True)
class Segment:
    """A run of words that both texts have, or that only one has."""

    kind: Kind
    """Which of them has it."""
    a: TextRange | None
    """Where in the first text."""
    b: TextRange | None
    """Where in the second text."""


@dataclass(frozen=True)
class Comparison:
    """How two texts are alike and how they differ."""

    relation: Relation | None
    """What the first is to the second; `None` if they have nothing to do with each other."""
    evidence: Evidence
    """The measurements, with the first as the article asked about."""
    a: Fingerprint
    """The fingerprint of the first."""
    b: Fingerprint
    """The fingerprint of the second."""
    segments: tuple[Segment, ...]
    """The texts cut into segments, in the order of the first; empty if only ids were given."""
