"""The settings `BASMA_…` of a Scrapy project."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from basma.answer import Relation
from basma.connection import Tls
from basma.scrapy.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.settings import BaseSettings
    from typing_extensions import Self

E = TypeVar("E", bound=Enum)
T = TypeVar("T", Tls, Fields)

# What counts as a duplicate unless BASMA_RELATIONS says otherwise.
DUPLICATES = [
    Relation.EXACT,
    Relation.NEAR_DUPLICATE,
    Relation.CONTAINED_IN,
    Relation.CONTAINS,
]


class Duplicates(str, Enum):
    """What to do with them."""

    DROP = "drop"
    TAG = "tag"
    LOG = "log"


class Fail(str, Enum):
    """What becomes of an item that got no answer."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Settings:
    """All of them, checked. The README of the package says what each means."""

    server: str | None = None
    collection: str = "default"
    token: str | None = None
    tls: Tls | None = None
    fields: Fields = field(default_factory=Fields)
    duplicates: Duplicates = Duplicates.DROP
    relations: frozenset[Relation] = frozenset(DUPLICATES)
    tag_field: str = "basma"
    fail: Fail = Fail.OPEN
    concurrency: int = 16
    timeout: float = 10.0
    pause: float = 1.0

    @classmethod
    def read(cls, settings: BaseSettings) -> Self:
        """Read them from a project's settings.

        Raises:
            ValueError: One of them cannot be used. The crawl is not to begin without it.

        """
        default = cls()
        tls = _keywords(Tls, settings, "BASMA_TLS")
        read = cls(
            server=settings.get("BASMA_SERVER"),
            collection=settings.get("BASMA_COLLECTION", default.collection),
            token=settings.get("BASMA_TOKEN"),
            tls=None if tls == Tls() else tls,
            fields=_keywords(Fields, settings, "BASMA_FIELDS"),
            duplicates=_one_of(Duplicates, settings, "BASMA_DUPLICATES", default.duplicates),
            relations=_relations(settings.getlist("BASMA_RELATIONS", DUPLICATES)),
            tag_field=settings.get("BASMA_TAG_FIELD", default.tag_field),
            fail=_one_of(Fail, settings, "BASMA_FAIL", default.fail),
            concurrency=settings.getint("BASMA_CONCURRENCY", default.concurrency),
            timeout=settings.getfloat("BASMA_TIMEOUT", default.timeout),
            pause=settings.getfloat("BASMA_PAUSE", default.pause),
        )
        if read.concurrency < 1 or read.timeout <= 0:
            raise ValueError("BASMA_CONCURRENCY and BASMA_TIMEOUT must be above 0")
        return read


def _keywords(kind: type[T], settings: BaseSettings, name: str) -> T:
    given = settings.getdict(name)
    known = kind.__dataclass_fields__
    if not given.keys() <= known.keys():
        raise ValueError(f"{name} may have {', '.join(known)}, not {', '.join(given)}")
    return kind(**given)


def _one_of(kind: type[E], settings: BaseSettings, name: str, default: E) -> E:
    return _member(kind, name, settings.get(name, default))


def _relations(names: Iterable[str]) -> frozenset[Relation]:
    return frozenset(_member(Relation, "BASMA_RELATIONS", name) for name in names)


def _member(kind: type[E], name: str, value: str) -> E:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind if member.name != "UNSPECIFIED")
        raise ValueError(f"{name} may be {known}, not {value!r}") from None
