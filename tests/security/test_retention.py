"""Stored data expires in Redis. The tests move its clock, and no process of the bot runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.errors import StaleEvent
from bot.model import Event, Record
from bot.registry import load_registry
from bot.store import Store, keys
from bot.store.connection import connect
from bot.store.queue import JOB_KEYS
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event, seconds
from tests.fake_clock import Clock, needs_faketime, redis_with_clock
from tests.polling import until
from tests.stored_events import (
    accept,
    dead_letter,
    fail,
    handle,
    keep,
    leave_unhandled,
    retry,
    send,
)

RETENTION = timedelta(days=30)
MARGIN = timedelta(days=1)
"""How much longer events are kept: see bot/store/events.py and SECURITY.md."""
PERMANENT = {*JOB_KEYS, keys.COUNTERS, keys.RETENTIONS}
"""Keys without an expiry. They contain nothing of an event but ids of unfinished jobs."""


@asynccontextmanager
async def redis_and_its_clock(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Redis, Clock]]:
    with redis_with_clock(folder, monkeypatch) as (server, clock):
        client = connect(server.url, timeout=timedelta(seconds=60))
        yield client, clock
        await client.aclose()


def events() -> list[Event]:
    """Return an event of each type, and one without a handler."""
    registry = load_registry()
    found = [handler for name in registry.types if (handler := registry.get(name))]
    known = [make_event(f"evt_{h.type}", h.type, data=h.sample_at(NOW)) for h in found]
    return [*known, make_event("evt_unknown", "no.handler", data={"anything": "data"})]


async def store_everything(store: Store, event: Event) -> None:
    """Store all that can be stored of an event: deliveries in every state, dead letters, a record."""
    await accept(store, event)
    await keep(store, Record("profile", event.id, dict(event.data)), event_id=event.id)
    if event.type == "no.handler":
        await leave_unhandled(store, event.id)
        return
    sent, failed = make_delivery(event.id, SLACK), make_delivery(event.id, MAIL)
    await handle(store, sent, failed, event_id=event.id)
    if event.type == "search.completed":
        await dead_letter(store, event.id, "its data did not fit")
        return
    await send(store, sent)
    if event.type == "export.ready":
        await retry(store, failed)
    else:
        await fail(store, failed)


async def keys_of(redis: Redis) -> set[str]:
    return {raw.decode() async for raw in redis.scan_iter(count=1_000)}


@needs_faketime
async def test_no_data_of_an_event_outlives_the_retention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with redis_and_its_clock(tmp_path, monkeypatch) as (redis, clock):
        store = Store(redis, retention=RETENTION)
        for event in events():
            await store_everything(store, event)
        [_, *_] = (await store.queue.take(1, seconds(15), seconds(6))).jobs
        assert len(await keys_of(redis)) > 25
        clock.move(RETENTION - MARGIN)
        assert "juicebox:event:evt_export.ready" in await keys_of(redis)
        clock.move(RETENTION + MARGIN + seconds(1))

        async def only_jobs_are_left() -> bool:
            left = await keys_of(redis) - PERMANENT
            return all(key.startswith("arq:job:") for key in left)

        await until(only_jobs_are_left)
        # A job, which holds only an id, outlives its event.
        clock.move(RETENTION + 3 * MARGIN + seconds(1))

        async def nothing_is_left() -> bool:
            return await keys_of(redis) <= PERMANENT

        await until(nothing_is_left)


@needs_faketime
async def test_a_duplicate_is_detected_until_the_retention_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with redis_and_its_clock(tmp_path, monkeypatch) as (redis, clock):
        store = Store(redis, retention=RETENTION)
        event = make_event()
        await store.events.accept(event, body_of(event), NOW)
        for ahead in (RETENTION - seconds(1), RETENTION + MARGIN - seconds(60)):
            clock.move(ahead)
            assert await store.events.accept(event, body_of(event), NOW + ahead) is False
        clock.move(RETENTION + MARGIN + seconds(1))
        later = NOW + RETENTION + MARGIN + seconds(1)
        assert await store.events.accept(event, body_of(event), later) is True


async def test_every_key_expires_except_the_permanent_ones(store: Store, redis: Redis) -> None:
    for event in events():
        await store_everything(store, event)
    store.counters.add("events_duplicate")
    await store.counters.flush()
    await store.queue.take(1, seconds(15), seconds(6))
    permanent = {key for key in await keys_of(redis) if await redis.pttl(key) < 0}
    assert permanent == PERMANENT


async def test_raising_the_retention_does_not_accept_expired_events_again(
    redis: Redis,
) -> None:
    """Events stored with a retention of 30 days expire after 31, even if the retention is 60 days then."""
    before, after = (Store(redis, retention=timedelta(days=days)) for days in (30, 60))
    first = make_event("evt_first")
    assert await before.events.accept(first, body_of(first), NOW) is True
    raised = NOW + timedelta(days=20)
    other = make_event("evt_other", timestamp=raised)
    assert await before.events.accept(other, body_of(other), raised) is True
    await redis.delete(keys.event("evt_first"))  # as Redis does after 31 days
    replayed = NOW + timedelta(days=31)
    with pytest.raises(StaleEvent):
        await after.events.accept(first, body_of(first), replayed)
    assert await redis.exists(keys.event("evt_first")) == 0


async def test_events_after_raising_the_retention_are_accepted_for_that_long(
    redis: Redis,
) -> None:
    before, after = (Store(redis, retention=timedelta(days=days)) for days in (30, 60))
    first = make_event("evt_first")
    await before.events.accept(first, body_of(first), NOW)
    new = make_event("evt_new", timestamp=NOW + seconds(1))
    late = NOW + timedelta(days=59)
    assert await after.events.accept(new, body_of(new), late) is True
