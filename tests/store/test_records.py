"""Records: the newest state of a thing, kept as long as events are."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import Record
from bot.store import Store
from bot.store.records import StoredRecord
from tests.factories import NOW
from tests.stored_events import accept, keep

PROFILE = Record("profile", "prof_1", {"enrichedAt": "2026-01-15T14:30:00Z", "fields": ["email"]})


@pytest.fixture
async def store(store: Store) -> Store:
    """A store with the event that asks for the records."""
    await accept(store)
    return store


async def test_a_record_is_read_back(store: Store) -> None:
    await keep(store, PROFILE, NOW)
    assert await store.records.get("profile", "prof_1") == StoredRecord(NOW, PROFILE.fields)


async def test_a_record_that_is_not_kept_is_none(store: Store) -> None:
    assert await store.records.get("profile", "prof_none") is None


async def test_a_late_event_never_overwrites_a_newer_one(store: Store) -> None:
    await keep(store, PROFILE, NOW)
    older = Record("profile", "prof_1", {"fields": []})
    await keep(store, older, NOW - timedelta(seconds=1))
    assert await store.records.get("profile", "prof_1") == StoredRecord(NOW, PROFILE.fields)


async def test_a_newer_record_replaces_the_whole_record(store: Store) -> None:
    await keep(store, PROFILE, NOW)
    later = NOW + timedelta(seconds=1)
    await keep(store, Record("profile", "prof_1", {"fields": []}), later)
    assert await store.records.get("profile", "prof_1") == StoredRecord(later, {"fields": []})


async def test_the_cached_copy_is_deleted_even_by_a_late_event(store: Store, redis: Redis) -> None:
    for moment in (NOW, NOW - timedelta(days=1)):
        await redis.set("profile:prof_1", "stale")
        await keep(store, PROFILE, moment, "profile:prof_1")
        assert await redis.exists("profile:prof_1") == 0


async def test_a_record_without_a_cached_copy_deletes_no_key(store: Store, redis: Redis) -> None:
    await redis.set("export:exp_1", "theirs")
    await keep(store, Record("export", "exp_1", {"downloadUrl": "https://x"}), NOW)
    assert await redis.get("export:exp_1") == b"theirs"


async def test_a_record_expires_with_the_retention(store: Store, redis: Redis) -> None:
    await keep(store, PROFILE, NOW)
    left = await redis.pttl("juicebox:record:profile:prof_1")
    assert 0 < left <= 30 * 86_400_000


@pytest.mark.parametrize(("field", "value"), [("at", "x"), ("fields", "[]"), ("fields", "{")])
async def test_an_unreadable_record_is_an_error(
    store: Store, redis: Redis, field: str, value: str
) -> None:
    await keep(store, PROFILE, NOW)
    await redis.hset("juicebox:record:profile:prof_1", field, value)
    with pytest.raises(CorruptRecord, match="profile prof_1"):
        await store.records.get("profile", "prof_1")


async def test_no_id_can_reach_another_things_record(store: Store) -> None:
    other = Record("export", "X:cached", {"downloadUrl": "https://x"})
    await keep(store, other, NOW)
    await keep(store, Record("export", "X", {"downloadUrl": "https://y"}), NOW)
    assert await store.records.get("export", "X:cached") == StoredRecord(NOW, other.fields)
