"""Every call of the protocol once: what is sent, where to, and how the response is read.

The two clients differ in how they make a call, not in what they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from grpc_health.v1 import health_pb2

from basma.answer import Answer, Found, ItemResult
from basma.article import Article, Cluster, EncodedText, FoldedText, StoredArticle
from basma.collection import Collection, Stats, TimeSpan
from basma.comparison import CompareSide, Comparison
from basma.errors import of_item
from basma.message import read, write
from basma.v1 import article_pb2, article_service_pb2, collection_service_pb2, dedup_service_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from google.protobuf.message import Message

T = TypeVar("T")
Results: TypeAlias = list[ItemResult]

DEDUP = "basma.v1.DedupService"
ARTICLES = "basma.v1.ArticleService"
COLLECTIONS = "basma.v1.CollectionService"
SUBMIT_STREAM = f"/{DEDUP}/SubmitStream"


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call of one method."""

    service: str
    method: str
    request: Message
    response: type[Message]
    read: Callable[[Any], T]

    @property
    def path(self) -> str:
        """The method as it stands on the wire."""
        return f"/{self.service}/{self.method}"


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of what there is."""

    entries: list[T]
    more: Call[Page[T]] | None
    """For the next page; `None` on the last one."""


def submit(
    collection: str, article: Article, max_matches: int, window: TimeSpan | None
) -> Call[Answer]:
    """Check and add."""
    request = dedup_service_pb2.SubmitRequest(
        collection=collection,
        article=article_message(article),
        max_matches=max_matches,
        window=_window(window),
    )
    response = dedup_service_pb2.SubmitResponse
    return Call(DEDUP, "Submit", request, response, lambda got: read(Answer, got.answer))


def check(
    collection: str, article: Article, max_matches: int, window: TimeSpan | None
) -> Call[Answer]:
    """Check and change nothing."""
    request = dedup_service_pb2.CheckRequest(
        collection=collection,
        article=article_message(article),
        max_matches=max_matches,
        window=_window(window),
    )
    response = dedup_service_pb2.CheckResponse
    return Call(DEDUP, "Check", request, response, lambda got: read(Answer, got.answer))


def batch_submit(
    collection: str,
    articles: Iterable[article_pb2.Article],
    max_matches: int,
    window: TimeSpan | None,
) -> Call[Results]:
    """Check and add many."""
    request = dedup_service_pb2.BatchSubmitRequest(
        collection=collection,
        articles=articles,
        max_matches=max_matches,
        window=_window(window),
    )
    return Call(DEDUP, "BatchSubmit", request, dedup_service_pb2.BatchSubmitResponse, _results)


def batch_check(
    collection: str,
    articles: Iterable[article_pb2.Article],
    max_matches: int,
    window: TimeSpan | None,
) -> Call[Results]:
    """Check many and change nothing."""
    request = dedup_service_pb2.BatchCheckRequest(
        collection=collection,
        articles=articles,
        max_matches=max_matches,
        window=_window(window),
    )
    return Call(DEDUP, "BatchCheck", request, dedup_service_pb2.BatchCheckResponse, _results)


def stream_request(
    collection: str, article: Article, max_matches: int, window: TimeSpan | None
) -> dedup_service_pb2.SubmitStreamRequest:
    """One article of a stream."""
    return dedup_service_pb2.SubmitStreamRequest(
        collection=collection,
        article=article_message(article),
        max_matches=max_matches,
        window=_window(window),
    )


def _window(window: TimeSpan | None) -> article_pb2.TimeSpan | None:
    return None if window is None else write(window, article_pb2.TimeSpan)


def find_duplicates(
    collection: str, id: str | None, simhash: int | None, distance: int | None, max_matches: int
) -> Call[Found]:
    """Look for what is near."""
    if (id is None) == (simhash is None):
        raise ValueError("give either an `id` or a `simhash`")
    request = dedup_service_pb2.FindDuplicatesRequest(
        collection=collection, id=id, simhash=simhash, distance=distance, max_matches=max_matches
    )
    response = dedup_service_pb2.FindDuplicatesResponse
    return Call(DEDUP, "FindDuplicates", request, response, lambda got: read(Found, got))


def compare(
    collection: str, a: CompareSide | Article | str, b: CompareSide | Article | str
) -> Call[Comparison]:
    """Set two texts side by side."""
    request = dedup_service_pb2.CompareRequest(collection=collection, a=_side(a), b=_side(b))
    response = dedup_service_pb2.CompareResponse
    return Call(DEDUP, "Compare", request, response, lambda got: read(Comparison, got))


def fingerprint(collection: str, text: EncodedText | str) -> Call[FoldedText]:
    """Compute a fingerprint."""
    side = _side(text)
    given = {field.name: value for field, value in side.ListFields()}
    request = dedup_service_pb2.FingerprintRequest(collection=collection, **given)
    response = dedup_service_pb2.FingerprintResponse
    return Call(DEDUP, "Fingerprint", request, response, lambda got: read(FoldedText, got))


def get_article(collection: str, id: str, with_text: bool) -> Call[StoredArticle]:  # noqa: FBT001
    """Look an article up."""
    request = article_service_pb2.GetArticleRequest(
        collection=collection, id=id, with_text=with_text
    )
    response = article_service_pb2.GetArticleResponse
    return Call(
        ARTICLES, "GetArticle", request, response, lambda got: read(StoredArticle, got.article)
    )


def list_articles(
    collection: str,
    page_size: int,
    page_token: str,
    with_texts: bool,  # noqa: FBT001
) -> Call[Page[StoredArticle]]:
    """Return a page."""
    request = article_service_pb2.ListArticlesRequest(
        collection=collection, page_size=page_size, page_token=page_token, with_texts=with_texts
    )

    def page(got: article_service_pb2.ListArticlesResponse) -> Page[StoredArticle]:
        token = got.next_page_token
        more = list_articles(collection, page_size, token, with_texts) if token else None
        return Page([read(StoredArticle, article) for article in got.articles], more)

    return Call(ARTICLES, "ListArticles", request, article_service_pb2.ListArticlesResponse, page)


def delete_article(collection: str, id: str) -> Call[None]:
    """Delete an article."""
    request = article_service_pb2.DeleteArticleRequest(collection=collection, id=id)
    response = article_service_pb2.DeleteArticleResponse
    return Call(ARTICLES, "DeleteArticle", request, response, lambda _: None)


def get_cluster(collection: str, id: str, page_size: int, page_token: str) -> Call[Cluster]:
    """Return a page of a story."""
    request = article_service_pb2.GetClusterRequest(
        collection=collection, id=id, page_size=page_size, page_token=page_token
    )
    response = article_service_pb2.GetClusterResponse
    return Call(ARTICLES, "GetCluster", request, response, lambda got: read(Cluster, got))


def create_collection(collection: Collection) -> Call[Collection]:
    """Create a collection."""
    request = collection_service_pb2.CreateCollectionRequest(collection=_message(collection))
    response = collection_service_pb2.CreateCollectionResponse
    return Call(COLLECTIONS, "CreateCollection", request, response, _collection)


def get_collection(name: str) -> Call[Collection]:
    """Return a collection."""
    request = collection_service_pb2.GetCollectionRequest(name=name)
    response = collection_service_pb2.GetCollectionResponse
    return Call(COLLECTIONS, "GetCollection", request, response, _collection)


def list_collections(page_size: int, page_token: str) -> Call[Page[Collection]]:
    """Return a page."""
    request = collection_service_pb2.ListCollectionsRequest(
        page_size=page_size, page_token=page_token
    )

    def page(got: collection_service_pb2.ListCollectionsResponse) -> Page[Collection]:
        token = got.next_page_token
        more = list_collections(page_size, token) if token else None
        return Page([read(Collection, entry) for entry in got.collections], more)

    response = collection_service_pb2.ListCollectionsResponse
    return Call(COLLECTIONS, "ListCollections", request, response, page)


def update_collection(collection: Collection, paths: Sequence[str]) -> Call[Collection]:
    """Change settings."""
    request = collection_service_pb2.UpdateCollectionRequest(
        collection=_message(collection), update_mask=FieldMask(paths=paths) if paths else None
    )
    response = collection_service_pb2.UpdateCollectionResponse
    return Call(COLLECTIONS, "UpdateCollection", request, response, _collection)


def delete_collection(name: str) -> Call[None]:
    """Delete a collection."""
    request = collection_service_pb2.DeleteCollectionRequest(name=name)
    response = collection_service_pb2.DeleteCollectionResponse
    return Call(COLLECTIONS, "DeleteCollection", request, response, lambda _: None)


def get_stats(collection: str) -> Call[Stats]:
    """Count what a collection holds."""
    request = collection_service_pb2.GetStatsRequest(collection=collection)
    response = collection_service_pb2.GetStatsResponse
    return Call(COLLECTIONS, "GetStats", request, response, lambda got: read(Stats, got))


def health() -> Call[str]:
    """Ask whether the server serves."""
    statuses = health_pb2.HealthCheckResponse.ServingStatus
    return Call(
        "grpc.health.v1.Health",
        "Check",
        health_pb2.HealthCheckRequest(),
        health_pb2.HealthCheckResponse,
        lambda got: statuses.Name(got.status),
    )


def article_message(article: Article) -> article_pb2.Article:
    """Return the article as it is sent."""
    return write(article, article_pb2.Article)


def item_result(got: dedup_service_pb2.ItemResult) -> ItemResult:
    """Read what became of one article."""
    return ItemResult(
        id=got.id,
        answer=read(Answer, got.answer) if got.HasField("answer") else None,
        error=of_item(got.error) if got.HasField("error") else None,
    )


def _side(given: CompareSide | Article | EncodedText | str) -> dedup_service_pb2.CompareSide:
    if isinstance(given, str):
        given = CompareSide(text=given)
    elif isinstance(given, EncodedText):
        given = CompareSide(encoded_text=given)
    elif isinstance(given, Article):
        given = CompareSide(article=given)
    return write(given, dedup_service_pb2.CompareSide)


def _results(
    got: dedup_service_pb2.BatchSubmitResponse | dedup_service_pb2.BatchCheckResponse,
) -> Results:
    return [item_result(result) for result in got.results]


def _message(collection: Collection) -> collection_service_pb2.Collection:
    return write(collection, collection_service_pb2.Collection)


def _collection(got: Any) -> Collection:
    return read(Collection, got.collection)
