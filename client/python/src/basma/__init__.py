"""Basma (بصمة): whether an Arabic article was seen before, or which one it nearly is.

| module | what it holds |
|---|---|
| `basma.client` | `Client`: every call of the protocol |
| `basma.aio` | `AsyncClient`: the same for asyncio |
| `basma.scrapy` | `BasmaPipeline`: the same for a crawl |
| `basma.article`, `answer`, `comparison`, `collection` | what is sent and answered: dataclasses |
| `basma.errors` | one exception for each status code, with the server's reason |
| `basma.connection`, `retry` | address, TLS, token; when a call is made again |
| `basma.caller`, `calls`, `message`, `batch`, `arrivals` | from dataclasses to the wire and back |

    from basma import Article, Client

    with Client("http://127.0.0.1:50051") as client:
        answer = client.submit(Article(id="1", text="افتتح الوزير معرض الكتاب"))
        print(answer.verdict.value, answer.canonical_id)
"""

from basma.aio import AsyncClient
from basma.answer import (
    Answer,
    Evidence,
    Found,
    ItemResult,
    Match,
    Passage,
    Relation,
    TokenRange,
)
from basma.article import (
    Article,
    Cluster,
    EncodedText,
    Fingerprint,
    FoldedText,
    StoredArticle,
    Verdict,
)
from basma.client import Client
from basma.collection import (
    Clock,
    Collection,
    DetectorSettings,
    Features,
    Method,
    Stats,
    TimeSpan,
    VerdictCount,
)
from basma.comparison import CompareSide, Comparison, Kind, Segment, TextRange
from basma.connection import Tls
from basma.errors import (
    AlreadyExists,
    BasmaError,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from basma.retry import RetryPolicy

__all__ = [
    "AlreadyExists",
    "Answer",
    "Article",
    "AsyncClient",
    "BasmaError",
    "Client",
    "Clock",
    "Cluster",
    "Collection",
    "CompareSide",
    "Comparison",
    "DeadlineExceeded",
    "DetectorSettings",
    "EncodedText",
    "Evidence",
    "FailedPrecondition",
    "Features",
    "Fingerprint",
    "FoldedText",
    "Found",
    "InvalidArgument",
    "ItemResult",
    "Kind",
    "Match",
    "Method",
    "NotFound",
    "OutOfRange",
    "Passage",
    "PermissionDenied",
    "Relation",
    "ResourceExhausted",
    "RetryPolicy",
    "Segment",
    "Stats",
    "StoredArticle",
    "TextRange",
    "TimeSpan",
    "Tls",
    "TokenRange",
    "Unauthenticated",
    "Unavailable",
    "Verdict",
    "VerdictCount",
]
