"""From a scraped item to the article that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from basma.article import Article

if TYPE_CHECKING:
    from itemadapter import ItemAdapter


@dataclass(frozen=True)
class Fields:
    """The names of an item's fields. An item need not have all of them."""

    text: str = "text"
    """The body. An item without one is not asked about."""
    id: str = "id"
    """The name of the article; the url where an item has none."""
    url: str = "url"
    """Where it was fetched."""
    title: str = "title"
    """The headline."""
    source: str = "source"
    """The outlet; the host of the url where an item has none."""
    published: str = "published"
    """When it was published: a `datetime`, a `date`, or either in ISO 8601."""

    def article(self, item: ItemAdapter) -> Article | None:
        """Return the article that an item is; `None` if it has no text."""
        text = _joined(item.get(self.text))
        if not text.strip():
            return None
        url = _first(item.get(self.url))
        return Article(
            id=_first(item.get(self.id)) or url,
            text=text,
            title=_first(item.get(self.title)),
            source=_first(item.get(self.source)) or urlsplit(url).hostname or "",
            url=url,
            publish_time=_time(item.get(self.published)),
        )


def _joined(value: Any) -> str:
    """Join what a loader without an output processor leaves: a list, here of paragraphs."""
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _first(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return _first(value[0]) if value else ""
    return "" if value is None else str(value)


def _time(value: Any) -> datetime | None:
    """Read a time; what cannot be read is left out, as it decides nothing."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        # Python 3.10 does not know the Z.
        return datetime.fromisoformat(_first(value).strip().replace("Z", "+00:00"))
    except ValueError:
        return None
