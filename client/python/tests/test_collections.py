"""Collections and their settings."""

from __future__ import annotations

from datetime import timezone

import pytest

from basma import (
    AlreadyExists,
    Article,
    Collection,
    DetectorSettings,
    FailedPrecondition,
    Method,
    NotFound,
)
from tests.either import Either
from tests.texts import FAIR


async def test_create_change_and_delete(api: Either) -> None:
    name = f"{api.client.collection}-other"
    settings = DetectorSettings(method=Method.SIMHASH_ONLY, simhash_distance=5)
    created = await api.create_collection(Collection(name, settings))
    assert created.detector.method is Method.SIMHASH_ONLY
    assert created.detector.simhash_distance == 5
    assert created.detector.simhash_feature_size is not None
    assert created.create_time.tzinfo is timezone.utc
    assert await api.get_collection(name) == created
    with pytest.raises(AlreadyExists, match="COLLECTION_EXISTS"):
        await api.create_collection(Collection(name))

    names = [collection.name for collection in await api.list_collections(page_size=1)]
    assert names == sorted(names)
    assert {"default", name} <= set(names)

    changed = await api.update_collection(
        Collection(name, DetectorSettings(simhash_distance=4, min_score=0.5)),
        paths=["detector.simhash_distance"],
    )
    assert changed.detector.simhash_distance == 4
    assert changed.detector.min_score == created.detector.min_score

    await api.delete_collection(name)
    with pytest.raises(NotFound, match="COLLECTION_NOT_FOUND"):
        await api.get_collection(name)


async def test_what_shapes_fingerprints_is_fixed(api: Either) -> None:
    await api.submit(Article("1", FAIR))
    change = Collection(api.client.collection, DetectorSettings(method=Method.SIMHASH_ONLY))
    with pytest.raises(FailedPrecondition, match="SETTINGS_FIXED"):
        await api.update_collection(change)


async def test_stats_count_verdicts(api: Either) -> None:
    await api.submit(Article("1", FAIR))
    await api.submit(Article("2", FAIR))
    stats = await api.get_stats()
    assert (stats.collection, stats.article_count) == (api.client.collection, 2)
    assert {entry.verdict: entry.count for entry in stats.verdicts if entry.count} == {
        "NEW": 1,
        "EXACT": 1,
    }


async def test_one_connection_for_several_collections(api: Either) -> None:
    await api.submit(Article("1", FAIR))
    other = Either(api.client.with_collection("default"))
    assert other.client.collection == "default"
    assert (await other.get_stats()).collection == "default"
    assert (await api.get_stats()).article_count == 1
