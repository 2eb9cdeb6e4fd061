"""The answer about an article: the verdict, what it matched, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from basma.article import Fingerprint, Verdict
from basma.errors import BasmaError


class Relation(str, Enum):
    """What the article asked about is to the one that it matched."""

    UNSPECIFIED = "UNSPECIFIED"
    """A relation that this version of the package does not know."""
    EXACT = "EXACT"
    """The same words in the same order."""
    NEAR_DUPLICATE = "NEAR_DUPLICATE"
    """The same story in nearly the same words."""
    CONTAINED_IN = "CONTAINED_IN"
    """Nearly all of it stands in the match."""
    CONTAINS = "CONTAINS"
    """It holds nearly all of the match."""
    PARTIAL = "PARTIAL"
    """They share passages, and each has much of its own."""
    TEMPLATE = "TEMPLATE"
    """The same formula, other facts. Never counted as a duplicate."""


@dataclass(frozen=True)
class TokenRange:
    """A half-open range of word positions, counted from 0 among the folded words of a text."""

    start: int
    """The first word."""
    end: int
    """One past the last word."""


@dataclass(frozen=True)
class Passage:
    """A run of words of the article asked about, and the same run in the match."""

    query: TokenRange
    """The words in the article asked about."""
    match: TokenRange | None
    """The words in the match; `None` where the index does not know their places."""


@dataclass(frozen=True)
class Evidence:
    """The measurements behind a relation; `None` where one could not be measured.

    Shares are from 0 to 1, of distinct shingles unless said otherwise.
    """

    hamming_distance: int | None = None
    """Bits in which the two SimHashes differ, 0 to 64."""
    jaccard: float | None = None
    """Shared shingles by all shingles of both."""
    containment: float | None = None
    """Share of the shingles of the article asked about that stand in the match."""
    contained: float | None = None
    """Share of the match's shingles that stand in the article asked about."""
    passages: tuple[Passage, ...] = ()
    """Where in the article asked about the shared text stands."""
    words: float | None = None
    """Share of the shorter text's words, weighted by rarity, that the longer has."""
    specificity: float | None = None
    """About 1 for a copy of an ordinary story, near 0 for a formula."""
    subject: float | None = None
    """Share of the words that the shorter text keeps talking about that the longer has."""
    contradicted: float | None = None
    """How far numbers in the same places contradict."""
    score: float | None = None
    """What all of this comes to."""


@dataclass(frozen=True)
class Match:
    """An indexed article that matched, with why."""

    id: str
    """Its id."""
    relation: Relation
    """What the article asked about is to it."""
    evidence: Evidence
    """Why."""
    canonical_id: str
    """The first article of its story."""
    title: str
    """The headline it was submitted with."""
    source: str
    """The outlet it was submitted with."""
    url: str
    """The address it was submitted with."""
    publish_time: datetime | None
    """The publication time it was submitted with."""
    first_seen_time: datetime
    """When it was first submitted."""


@dataclass(frozen=True)
class Answer:
    """The answer about one article."""

    id: str
    """The article's id."""
    verdict: Verdict
    """The strongest relation among the matches, NEW if there is none."""
    canonical_id: str
    """The first article of the story: its own id if its verdict is NEW, PARTIAL or TEMPLATE, if
    it is the second story of a page, or if it is another event (TEMPLATE) to most articles of the
    story of what it matched."""
    fingerprint: Fingerprint
    """What the text became."""
    matches: tuple[Match, ...]
    """What it matched, strongest first."""
    truncated: bool
    """Whether there were more matches than are returned."""
    resubmission: bool
    """Whether this id was submitted before with the same text; this is its first answer again."""
    revision: int
    """Which text of this id it is: 1 for the first; 0 for a check."""

    @property
    def is_duplicate(self) -> bool:
        """Whether the story is known: EXACT, NEAR_DUPLICATE, CONTAINED_IN or CONTAINS."""
        return self.verdict.is_duplicate


@dataclass(frozen=True)
class ItemResult:
    """What became of one article of many: an answer, or why there is none."""

    id: str
    """The article's id, as it was sent."""
    answer: Answer | None = None
    """The answer."""
    error: BasmaError | None = None
    """Why there is none."""

    def unwrap(self) -> Answer:
        """Return the answer.

        Raises:
            BasmaError: There is none.

        """
        if self.answer is not None:
            return self.answer
        if self.error is not None:
            raise self.error
        raise ValueError(f"the server sent neither an answer nor an error about {self.id!r}")


@dataclass(frozen=True)
class Found:
    """What is near, strongest first."""

    matches: tuple[Match, ...]
    """What was found."""
    truncated: bool
    """Whether there were more matches than are returned."""
