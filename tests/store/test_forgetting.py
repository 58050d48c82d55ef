"""Forgetting a person, also while a worker is handling an event about that person."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.model import Delivery, DeliveryState, Event, EventState, Record
from bot.store import Store
from bot.store.queue import Task, new_job
from tests.factories import MAIL, NOW, SLACK, SUBJECTS, body_of, make_delivery, make_event, seconds

CANARY = "canary-of-a-person"
OWNER = "handle_event:evt_1"
PROFILE = Record("profile", "prof_1", {"fields": {"email": CANARY}})
LATER = NOW + seconds(1)


def about(event_id: str = "evt_1", profile_id: Any = "prof_1", **data: Any) -> Event:
    given = {"profileId": profile_id, "fields": {"email": CANARY}, **data}
    return make_event(event_id, "profile.enriched", data=given)


async def accept(store: Store, event: Event) -> None:
    assert await store.events.accept(event, body_of(event), NOW) is True


async def found(store: Store, profile_id: str = "prof_1") -> set[tuple[str, bool]]:
    return {row async for row in store.forgetting.events_about(profile_id, SUBJECTS)}


def deliveries() -> tuple[Delivery, Delivery]:
    context = {"email": CANARY}
    return (
        make_delivery("evt_1", SLACK, context=context),
        make_delivery("evt_1", MAIL, context=context),
    )


async def everything(redis: Redis) -> str:
    """Everything in Redis, as text."""
    read: dict[bytes, Any] = {
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"string": redis.get,
    }
    held: list[object] = []
    for key in sorted(await redis.keys("*")):
        value = await read[await redis.type(key)](key)
        held += [key, sorted(value.items()) if isinstance(value, dict) else value]
    return str(held)


async def test_every_event_about_the_person_is_found_whatever_its_type(store: Store) -> None:
    for event_id, profile_id in {"evt_a": "prof_1", "evt_b": " prof_1 ", "evt_c": "prof_2"}.items():
        await accept(store, about(event_id, profile_id))
    other_type = make_event("evt_d", "candidate.replied", data={"profileId": "prof_1"})
    await accept(store, other_type)
    await accept(store, make_event("evt_e", data={"searchId": "prof_1"}))
    assert await found(store) == {("evt_a", True), ("evt_b", True), ("evt_d", True)}


async def test_an_id_that_was_sent_as_a_number_is_found_by_its_digits(store: Store) -> None:
    await accept(store, about("evt_a", 42))
    await accept(store, about("evt_b", profile_id=True))
    await accept(store, about("evt_c", [42]))
    await accept(store, about("evt_d", 42.0))
    assert await found(store, "42") == {("evt_a", True), ("evt_d", True)}


async def test_an_event_that_is_no_longer_in_the_log_is_found(store: Store, redis: Redis) -> None:
    """The log is trimmed at the retention, and events live a day longer."""
    await accept(store, about())
    await redis.delete("juicebox:events", "juicebox:events:profile.enriched", "juicebox:types")
    assert await found(store) == {("evt_1", True)}


async def test_an_unreadable_event_is_returned_as_unreadable(store: Store, redis: Redis) -> None:
    await accept(store, about())
    for body in ("{", "[]", '{"data": []}'):
        await redis.hset("juicebox:event:evt_1", "body", body)
        assert await found(store) == {("evt_1", False)}


async def test_nothing_of_an_events_content_is_left(store: Store, redis: Redis) -> None:
    await accept(store, about())
    slack, mail = deliveries()
    await store.ledger.open("evt_1", [slack, mail], NOW)
    await store.ledger.claim(slack, OWNER, "t1", NOW)
    await store.ledger.sent(slack, "t1", "C1/1.1", NOW)
    await store.ledger.claim(mail, OWNER, "t2", NOW)
    await store.ledger.fail(mail, "t2", CANARY, maybe_delivered=False, report=True, now=NOW)
    await store.records.keep(PROFILE, NOW, "evt_1")
    await redis.set("profile:prof_1", CANARY)
    assert CANARY in await everything(redis)
    assert await store.forgetting.forget_event("evt_1", LATER) is True
    await store.forgetting.forget_subject("prof_1", SUBJECTS)
    left = await everything(redis)
    assert CANARY not in left
    assert "prof_1" not in left


async def test_the_id_the_type_and_the_deliveries_are_left(store: Store) -> None:
    await accept(store, about())
    slack, mail = deliveries()
    await store.ledger.open("evt_1", [slack, mail], NOW)
    await store.ledger.claim(slack, OWNER, "t1", NOW)
    await store.ledger.sent(slack, "t1", "C1/1.1", NOW)
    await store.forgetting.forget_event("evt_1", LATER)
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.body, stored.event.data) == (EventState.FORGOTTEN, b"", {})
    assert (stored.event.type, stored.event.timestamp) == ("profile.enriched", NOW)
    assert [s.event.id for s in await store.events.latest(1)] == ["evt_1"]
    rows = [(d.state, d.reason, d.receipt) for d in await store.ledger.of_event("evt_1")]
    assert rows == [
        (DeliveryState.SENT, "", "C1/1.1"),
        (DeliveryState.SKIPPED, "forgotten on request", ""),
    ]
    assert [s.what for s in await store.events.trail("evt_1")] == ["received", "forgotten"]


async def test_a_forgotten_event_is_still_a_duplicate(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await store.forgetting.forget_event("evt_1", LATER)
    before = await everything(redis)
    assert await store.events.accept(about(), body_of(about()), LATER) is False
    assert await everything(redis) == before
    assert await redis.pttl("juicebox:event:evt_1") > 30 * 86_400_000


async def test_forgetting_twice_is_harmless(store: Store, redis: Redis) -> None:
    await accept(store, about())
    assert await store.forgetting.forget_event("evt_1", NOW) is True
    before = await everything(redis)
    assert await store.forgetting.forget_event("evt_1", LATER) is False
    assert await store.forgetting.forget_event("evt_none", LATER) is False
    assert await everything(redis) == before
    assert await found(store) == set()


async def test_a_worker_that_read_the_event_before_writes_nothing_of_it(
    store: Store, redis: Redis
) -> None:
    """Every write of a run that began before, in order."""
    await accept(store, about())
    await store.forgetting.forget_event("evt_1", LATER)
    await store.forgetting.forget_subject("prof_1", SUBJECTS)
    before = await everything(redis)
    assert await store.records.keep(PROFILE, NOW, "evt_1") is False
    assert await store.ledger.open("evt_1", deliveries(), LATER) is False
    assert await store.ledger.add("evt_1", deliveries(), "report_dead_letter:x", LATER) is False
    assert await store.events.count_failure("evt_1") == 0
    assert await store.events.dead_letter("evt_1", CANARY, LATER) is False
    assert await store.events.leave_unhandled("evt_1", LATER) is False
    assert await store.events.requeue("evt_1", LATER) is False
    assert await everything(redis) == before


@pytest.mark.parametrize("settle", ["sent", "retry_later", "fail", "skip"])
async def test_a_send_that_ends_after_forgetting_changes_nothing(
    store: Store, redis: Redis, settle: str
) -> None:
    await accept(store, about())
    slack, mail = deliveries()
    await store.ledger.open("evt_1", [slack, mail], NOW)
    claimed = await store.ledger.claim(slack, OWNER, "t1", NOW)
    assert claimed is not None
    await store.forgetting.forget_event("evt_1", LATER)
    before = await everything(redis)
    ledger = store.ledger
    how: dict[str, Any] = {
        "sent": lambda: ledger.sent(claimed, "t1", "C1/1.1", LATER),
        "skip": lambda: ledger.skip(claimed, "t1", CANARY, LATER),
        "fail": lambda: ledger.fail(
            claimed, "t1", CANARY, maybe_delivered=False, report=True, now=LATER
        ),
        "retry_later": lambda: ledger.retry_later(
            claimed, "t1", CANARY, due=LATER, uses_attempt=True, maybe_delivered=True, now=LATER
        ),
    }
    assert await how[settle]() is False
    assert await ledger.claim(mail, OWNER, "t2", LATER) is None
    assert await everything(redis) == before
    [post, _] = await ledger.of_event("evt_1")
    assert post.reason == "forgotten on request while it was being sent: it may have arrived"


async def test_a_forgotten_dead_letter_is_not_listed(store: Store) -> None:
    await accept(store, about())
    await store.events.dead_letter("evt_1", CANARY, NOW)
    await store.ledger.add("evt_1", deliveries(), OWNER, NOW)
    claimed = await store.ledger.claim(deliveries()[0], OWNER, "t1", NOW)
    assert claimed is not None
    await store.ledger.fail(claimed, "t1", "gone", maybe_delivered=False, report=True, now=NOW)
    assert len(await store.dead_letters(NOW)) == 2
    await store.forgetting.forget_event("evt_1", LATER)
    assert await store.dead_letters(NOW) == []
    assert await store.ledger.requeue(claimed, LATER) is False


async def test_a_full_redis_can_forget(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await store.ledger.open("evt_1", deliveries(), NOW)
    await redis.config_set("maxmemory", "1")
    try:
        assert await store.forgetting.forget_event("evt_1", LATER) is True
        await store.forgetting.forget_subject("prof_1", SUBJECTS)
    finally:
        await redis.config_set("maxmemory", "0")
    assert CANARY not in await everything(redis)


async def test_an_unreadable_delivery_is_emptied(store: Store, redis: Redis) -> None:
    await accept(store, about())
    slack, _ = deliveries()
    await store.ledger.open("evt_1", [slack], NOW)
    await redis.hset(f"juicebox:delivery:{slack.id}", "notification", f"{{{CANARY}")
    assert await store.forgetting.forget_event("evt_1", LATER) is True
    assert CANARY not in await everything(redis)


async def test_the_jobs_of_a_forgotten_event_hold_only_its_id(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await store.forgetting.forget_event("evt_1", LATER)
    blob = await redis.get(new_job(Task.EVENT, "evt_1", now=NOW).key)
    assert json.loads(blob or b"{}")["a"] == ["evt_1"]
