"""Commits: all changes to an event take effect together, and once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.delivery import transitions
from bot.errors import CorruptRecord
from bot.model import DeadLetter, DeliveryState, EventState, Record
from bot.store import Store, keys
from bot.store.change import Change
from bot.store.commit import ChangedMeanwhile
from bot.store.queue import JobId, Task
from bot.store.records import StoredRecord
from tests.factories import MAIL, NOW, SLACK, make_delivery, seconds
from tests.queue_times import is_due_in
from tests.store.taken import snapshot
from tests.stored_events import accept, apply, begin, handle, leave_unhandled, read

POST, EMAIL = make_delivery(destination=SLACK), make_delivery(destination=MAIL)
REPORT = JobId(Task.DEAD_LETTER, "evt_1", POST.id)
LATER = NOW + seconds(1)
KEY = "juicebox:event:evt_1"


def everything(change: Change) -> None:
    """Change all that a commit can."""
    change.conclude(EventState.HANDLED)
    change.step("handled", detail="deliveries: 2")
    change.put(POST)
    change.put(EMAIL)
    change.enqueue(REPORT, timedelta(hours=1))
    change.keep(Record("profile", "prof_1", {"fields": []}), NOW, "profile:prof_1")
    change.add_dead_letter(DeadLetter("evt_1", POST.id))
    change.remove_dead_letter(DeadLetter("evt_1"))


async def change_of(store: Store, edit: Callable[[Change], object] = everything) -> Change:
    change = Change(await read(store), LATER)
    edit(change)
    return change


async def test_everything_takes_effect_in_one_step(store: Store, redis: Redis) -> None:
    await accept(store)
    await redis.set("profile:prof_1", "stale")
    await redis.zadd(keys.DEAD, {"event:evt_1": NOW.timestamp() * 1000})
    changed = await store.commits.apply(await change_of(store))
    stored = await read(store)
    assert stored == changed
    assert {**stored.fields, b"trail": b""} == {**changed.fields, b"trail": b""}
    assert (stored.state, stored.concluded_at) == (EventState.HANDLED, LATER)
    assert stored.deliveries == (POST, EMAIL)
    assert [step.what for step in stored.trail] == ["received", "handled"]
    assert await is_due_in(redis, str(REPORT), timedelta(hours=1))
    assert await store.records.get("profile", "prof_1") == StoredRecord(NOW, {"fields": []})
    assert await redis.exists("profile:prof_1") == 0
    assert await store.dead_letters(NOW) == [DeadLetter("evt_1", POST.id)]


async def test_a_commit_whose_reply_was_lost_may_be_repeated(store: Store, redis: Redis) -> None:
    """redis-py repeats a script if the connection breaks before the reply."""
    await accept(store)
    change = await change_of(store)
    await store.commits.apply(change)
    before = await snapshot(redis)
    assert (await store.commits.apply(change)).state is EventState.HANDLED
    assert await snapshot(redis) == before


async def test_an_event_that_was_changed_meanwhile_stays_as_it_is(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    late = await change_of(store)
    await leave_unhandled(store)
    before = await snapshot(redis)
    with pytest.raises(ChangedMeanwhile) as error:
        await store.commits.apply(late)
    assert await snapshot(redis) == before
    assert error.value.stored == await read(store)
    assert error.value.stored.state is EventState.UNHANDLED


async def test_a_delivery_that_was_changed_meanwhile_stays_as_it_is(
    store: Store, redis: Redis
) -> None:
    """A second attempt has begun: the first one settles nothing, however it ended."""
    await accept(store)
    await handle(store, POST, EMAIL)
    old = await begin(store, POST)
    late = Change(await read(store), LATER)
    await begin(store, POST, LATER)
    before = await snapshot(redis)
    transitions.sent(late, old, "C1/1.1")
    with pytest.raises(ChangedMeanwhile):
        await store.commits.apply(late)
    assert await snapshot(redis) == before


async def test_deliveries_of_one_event_are_settled_independently(store: Store) -> None:
    await accept(store)
    await handle(store, POST, EMAIL)
    post, email = await begin(store, POST), await begin(store, EMAIL)
    stored = await read(store)
    for delivery in (email, post):
        change = Change(stored, LATER)
        transitions.sent(change, delivery, "C1/1.1")
        await store.commits.apply(change)
    states = [delivery.state for delivery in (await read(store)).deliveries]
    assert states == [DeliveryState.SENT] * 2


async def test_a_delivery_that_another_run_has_added_stays_as_it_is(store: Store) -> None:
    await accept(store)
    late = await change_of(store, lambda change: change.put(replace(POST, attempts=1)))
    await apply(store, lambda change: change.put(POST))
    with pytest.raises(ChangedMeanwhile):
        await store.commits.apply(late)
    assert (await read(store)).deliveries == (POST,)


async def test_nothing_is_added_to_an_event_that_is_no_longer_kept(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    adds_only = await change_of(store, lambda change: change.put(POST))
    change = await change_of(store)
    await redis.flushall()
    for late in (adds_only, change):
        with pytest.raises(ChangedMeanwhile) as error:
            await store.commits.apply(late)
        assert error.value.stored is None
    assert await redis.dbsize() == 0


async def test_a_full_redis_refuses_a_commit_as_a_whole(store: Store, redis: Redis) -> None:
    await accept(store)
    change, before = await change_of(store), await snapshot(redis)
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(ResponseError, match="maxmemory"):
            await store.commits.apply(change)
    finally:
        await redis.config_set("maxmemory", "0")
    assert await snapshot(redis) == before
    await store.commits.apply(change)


async def test_a_damaged_event_is_overwritten_only_if_asked_to(store: Store, redis: Redis) -> None:
    await accept(store)
    change = await change_of(store)
    await redis.hset(KEY, "event", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    with pytest.raises(CorruptRecord):
        await store.commits.apply(change)
    change.overwrite()
    await store.commits.apply(change)
    assert (await read(store)).state is EventState.HANDLED


async def test_a_long_trail_keeps_its_first_and_its_latest_steps(store: Store) -> None:
    await accept(store)
    for number in range(60):
        detail = f"{number} {'x' * 990}"
        await apply(store, lambda change, d=detail: change.step("retried by hand", detail=d))
    trail = (await read(store)).trail
    assert [step.what for step in trail[:2]] == ["received", "retried by hand"]
    [left_out] = [step for step in trail if step.what == "steps left out"]
    assert left_out.at == NOW
    assert trail[-1].detail.startswith("59 ")
    assert 30 < len(trail) < 45
