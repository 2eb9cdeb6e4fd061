"""What the server says of articles, as dataclasses."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone

import pytest

from basma import (
    Article,
    BasmaError,
    CompareSide,
    EncodedText,
    InvalidArgument,
    Kind,
    NotFound,
    OutOfRange,
    Relation,
    Verdict,
)
from tests.either import Either
from tests.texts import FAIR, FAIR_AGAIN, FAIR_ARTICLE, FAIR_IN_ANOTHER_DRESS, MATCH, numbered


async def test_a_story_in_other_words_is_a_near_duplicate_with_evidence(api: Either) -> None:
    first = await api.submit(FAIR_ARTICLE)
    assert (first.verdict, first.canonical_id, first.matches) == (Verdict.NEW, "fair", ())
    assert (first.revision, first.resubmission, first.is_duplicate) == (1, False, False)

    again = await api.submit(Article("again", FAIR_AGAIN))
    assert (again.verdict, again.canonical_id) == (Verdict.NEAR_DUPLICATE, "fair")
    assert again.is_duplicate
    match = again.matches[0]
    assert (match.id, match.relation) == ("fair", Relation.NEAR_DUPLICATE)
    assert (match.title, match.source, match.url, match.publish_time) == (
        FAIR_ARTICLE.title,
        FAIR_ARTICLE.source,
        FAIR_ARTICLE.url,
        FAIR_ARTICLE.publish_time,
    )
    assert match.first_seen_time.tzinfo is timezone.utc
    evidence = match.evidence
    assert 0 < evidence.hamming_distance <= 64
    assert 0 < evidence.jaccard < evidence.containment < 1
    assert evidence.passages[0].query.end > evidence.passages[0].query.start


async def test_another_dress_is_the_same_text(api: Either) -> None:
    await api.submit(FAIR_ARTICLE)
    answer = await api.submit(Article("dressed", FAIR_IN_ANOTHER_DRESS))
    assert answer.verdict is Verdict.EXACT
    assert answer.verdict == "EXACT"


async def test_the_same_id_gets_its_first_answer_again(api: Either) -> None:
    await api.submit(FAIR_ARTICLE)
    answer = await api.submit(FAIR_ARTICLE)
    assert (answer.verdict, answer.resubmission) == (Verdict.NEW, True)
    answer = await api.submit(dataclasses.replace(FAIR_ARTICLE, text=MATCH))
    assert (answer.verdict, answer.revision) == (Verdict.NEW, 2)


async def test_a_check_changes_nothing(api: Either) -> None:
    answer = await api.check(Article(text=FAIR))
    assert (answer.verdict, answer.revision) == (Verdict.NEW, 0)
    assert (await api.get_stats()).article_count == 0


async def test_text_in_another_charset(api: Either) -> None:
    await api.submit(FAIR_ARTICLE)
    text = EncodedText(FAIR.encode("windows-1256"), "windows-1256")
    answer = await api.check(Article(encoded_text=text))
    assert answer.verdict is Verdict.EXACT


async def test_no_more_matches_than_asked_for(api: Either) -> None:
    for number in range(3):
        await api.submit(Article(str(number), FAIR))
    answer = await api.check(Article(text=FAIR), max_matches=2)
    assert len(answer.matches) == 2
    assert answer.truncated


@pytest.mark.parametrize("method", ["submit_many", "check_many", "submit_stream"])
async def test_many_are_answered_in_order(api: Either, method: str) -> None:
    articles = [numbered(number) for number in range(450)]
    results = await getattr(api, method)(iter(articles))
    assert [result.id for result in results] == [article.id for article in articles]
    assert {result.unwrap().verdict for result in results} == {Verdict.NEW}
    stored = (await api.get_stats()).article_count
    assert stored == (0 if method == "check_many" else 450)


async def test_of_copies_in_many_batches_the_first_is_new(api: Either) -> None:
    articles = [Article(str(number), FAIR) for number in range(50)]
    results = await api.submit_many(articles, batch_size=3)
    answers = [result.unwrap() for result in results]
    assert [answer.verdict for answer in answers] == [Verdict.NEW] + [Verdict.EXACT] * 49
    assert {answer.canonical_id for answer in answers} == {"0"}


@pytest.mark.parametrize("method", ["submit_many", "check_many"])
async def test_a_bad_article_does_not_disturb_the_others(api: Either, method: str) -> None:
    articles = [
        numbered(1),
        Article("surrogate", "نص \ud800 مكسور"),
        Article("empty"),
        Article("large", "كلمة " * 300_000),
        Article("too-large-to-send", "كلمة " * 2_000_000),
        numbered(2),
    ]
    results = await getattr(api, method)(articles)
    assert [result.id for result in results] == [article.id for article in articles]
    assert [result.error.reason if result.error else "" for result in results] == [
        "",
        "TEXT_MALFORMED",
        "TEXT_MISSING",
        "TEXT_TOO_LARGE",
        "MESSAGE_TOO_LARGE",
        "",
    ]
    assert isinstance(results[2].error, InvalidArgument)
    assert isinstance(results[4].error, OutOfRange)
    with pytest.raises(InvalidArgument, match="TEXT_MISSING"):
        results[2].unwrap()


async def test_find_by_id_and_by_simhash(api: Either) -> None:
    first = await api.submit(FAIR_ARTICLE)
    await api.submit(Article("again", FAIR_AGAIN))
    found = await api.find_duplicates("again")
    assert [match.id for match in found.matches] == ["fair"]
    found = await api.find_duplicates(simhash=first.fingerprint.simhash, distance=0)
    assert [match.evidence.hamming_distance for match in found.matches] == [0]
    with pytest.raises(InvalidArgument, match="DISTANCE_MISSING"):
        await api.find_duplicates(simhash=0)
    with pytest.raises(ValueError, match="either"):
        await api.find_duplicates()


async def test_compare_shows_where_texts_differ(api: Either) -> None:
    a, b = "افتتح الوزير المعرض الكبير أمس", "افتتح الوزير المعرض الكبير اليوم"
    compared = await api.compare(a, CompareSide(text=b))
    kinds = {segment.kind: segment for segment in compared.segments}
    assert set(kinds) == {Kind.EQUAL, Kind.ONLY_A, Kind.ONLY_B}
    only = kinds[Kind.ONLY_B].b
    assert b.encode()[only.start_byte : only.end_byte].decode() == "اليوم"
    await api.submit(FAIR_ARTICLE)
    compared = await api.compare(CompareSide(id="fair"), MATCH)
    assert compared.relation is None


async def test_compare_takes_titles_and_dates(api: Either) -> None:
    days = [datetime(2026, 11, day, tzinfo=timezone.utc) for day in (1, 8)]
    first, second = (
        Article(text=text, title="افتتاح المعرض", publish_time=day)
        for text, day in zip((FAIR, FAIR_AGAIN), days, strict=True)
    )
    alone = await api.compare(FAIR, FAIR_AGAIN)
    compared = await api.compare(first, CompareSide(article=second))
    assert alone.a == compared.a
    assert alone.segments == compared.segments
    assert 0 < (compared.evidence.score or 0) < (alone.evidence.score or 0)


async def test_fingerprint(api: Either) -> None:
    folded = await api.fingerprint("الكِتَابُ  والقـــلم")
    assert folded.folded_text == "الكتاب والقلم"
    encoded = EncodedText("الكتاب والقلم".encode("windows-1256"), "windows-1256")
    assert await api.fingerprint(encoded) == folded
    assert folded.fingerprint.token_count == 2
    assert folded.fingerprint.simhash_hex == f"{folded.fingerprint.simhash:016x}"


async def test_stored_articles(api: Either) -> None:
    await api.submit(FAIR_ARTICLE)
    await api.submit(Article("again", FAIR_AGAIN))
    stored = await api.get_article("fair")
    assert (stored.title, stored.publish_time) == (FAIR_ARTICLE.title, FAIR_ARTICLE.publish_time)
    assert (stored.verdict, stored.revision) == (Verdict.NEW, 1)
    assert stored.fingerprint.token_count > 40
    listed = await api.list_articles(page_size=1)
    assert [article.id for article in listed] == ["fair", "again"]
    cluster = await api.get_cluster("again", page_size=1)
    assert (cluster.canonical_id, cluster.size) == ("fair", 2)
    assert [article.id for article in cluster.articles] == ["fair"]
    cluster = await api.get_cluster("again", page_token=cluster.next_page_token)
    assert [article.id for article in cluster.articles] == ["again"]
    await api.delete_article("fair")
    with pytest.raises(NotFound, match="ARTICLE_NOT_FOUND"):
        await api.get_article("fair")


async def test_an_error_names_reason_and_field(api: Either) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await api.submit(Article("", FAIR))
    error = raised.value
    assert (error.reason, error.field) == ("ID_MISSING", "article.id")
    assert str(error).startswith("INVALID_ARGUMENT ID_MISSING: ")
    with pytest.raises(BasmaError, match="TEXT_MALFORMED"):
        await api.submit(Article("surrogate", "\udfff"))


async def test_the_server_serves(api: Either) -> None:
    assert await api.health() == "SERVING"
