"""Collections: separate indexes in one server, each with its own detector settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum


class Method(str, Enum):
    """What is kept of each article."""

    UNSPECIFIED = "UNSPECIFIED"
    """The default, FULL."""
    FULL = "FULL"
    """SimHash and shingle sketch: every relation."""
    SIMHASH_ONLY = "SIMHASH_ONLY"
    """SimHash only: EXACT and NEAR_DUPLICATE by Hamming distance, at a fraction of the memory."""


class Features(str, Enum):
    """What the SimHash counts."""

    UNSPECIFIED = "UNSPECIFIED"
    """The default."""
    WORDS = "WORDS"
    """Runs of words."""
    CHARACTERS = "CHARACTERS"
    """Runs of characters of the folded text."""


class Clock(str, Enum):
    """A time of an article."""

    UNSPECIFIED = "UNSPECIFIED"
    """The default, FIRST_SEEN."""
    FIRST_SEEN = "FIRST_SEEN"
    """When its id was first submitted."""
    PUBLISHED = "PUBLISHED"
    """When it was published; if nobody said, when its id was first submitted."""


@dataclass(frozen=True)
class TimeSpan:
    """A span of time, and which of an article's times is measured by it."""

    span: timedelta
    """Longer than nothing."""
    clock: Clock = Clock.UNSPECIFIED
    """Which time."""


@dataclass(frozen=True)
class DetectorSettings:
    """How a collection decides. What is left out gets its default when a collection is created."""

    method: Method = Method.UNSPECIFIED
    """What is kept of each article."""
    simhash_features: Features = Features.UNSPECIFIED
    """What the SimHash counts."""
    simhash_feature_size: int | None = None
    """How many words or characters make one feature: 1 to 8."""
    simhash_distance: int | None = None
    """Articles within this Hamming distance are candidates: 0 to 12."""
    min_score: float | None = None
    """Least score at which two articles are one story, above 0, at most 1."""
    min_size_ratio: float | None = None
    """A shorter text than this share of the longer is contained, not nearly the same."""
    min_partial: float | None = None
    """Least share of one article in the other for a PARTIAL or TEMPLATE to be reported."""


@dataclass(frozen=True)
class Collection:
    """A separate index."""

    name: str
    """1 to 63 of a-z, 0-9, "-" and "_", beginning with a letter."""
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    """How it decides."""
    create_time: datetime | None = None
    """When it was created."""
    retention: TimeSpan | None = None
    """Articles whose time is longer ago are deleted; None: none are."""
    window: TimeSpan | None = None
    """Only articles whose time is no further from the submitted one's match; None: all do."""
    keep_texts: bool = False
    """Whether the texts of articles that are submitted from now on are kept."""


@dataclass(frozen=True)
class VerdictCount:
    """How many submissions got a verdict."""

    verdict: str
    """The verdict by its name."""
    count: int
    """How many."""


@dataclass(frozen=True)
class Stats:
    """What a collection holds."""

    collection: str
    """Its name."""
    article_count: int
    """Articles indexed."""
    simhash_count: int
    """Different SimHashes among them."""
    cluster_count: int
    """Stories: articles whose canonical article is themselves."""
    index_bytes: int
    """Memory that the index takes, in bytes, estimated from its tables."""
    verdicts: tuple[VerdictCount, ...]
    """Submissions since the server started, by the verdict that they got."""
    server_version: str
    """Version of the server."""
    start_time: datetime
    """When the server started."""
