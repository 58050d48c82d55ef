"""An event as one Redis hash: its layout, and what is read of a hash that another program has damaged."""

import json
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import DeadLetter, Delivery, DeliveryState, EventState, Step
from bot.store import Store
from bot.store.queue import JobId, Task
from bot.store.stored_event import StoredEvent, awaited_jobs
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event, seconds
from tests.stored_events import accept, apply, handle, read, rewrite, send

KEY = "juicebox:event:evt_1"
POST, EMAIL = make_delivery(destination=SLACK), make_delivery(destination=MAIL)
FULL = replace(
    make_delivery(destination=MAIL, template="dead_letter", thread="dead:evt_1"),
    state=DeliveryState.RETRYING,
    created_at=NOW + seconds(1),
    updated_at=NOW + seconds(2),
    about=DeadLetter("evt_1", POST.id),
    attempts=3,
    next_at=NOW + seconds(3),
    reason="timeout",
    receipt="<a@b>",
    maybe_delivered=True,
    waits=2,
    own_job=True,
    token="t1",
)
"""A delivery in which every field has a value."""


async def test_an_event_is_one_hash_that_redis_cli_can_show(store: Store, redis: Redis) -> None:
    await accept(store)
    await handle(store, POST)
    await send(store, POST, now=NOW + seconds(1))
    fields = {name.decode(): value.decode() for name, value in (await redis.hgetall(KEY)).items()}
    assert json.loads(fields.pop("body"))["data"] == {"searchId": "srch_1", "resultCount": 1204}
    assert fields == {
        "event": '{"type":"search.completed","at":1768487400000,"received":1768487400000,'
        '"state":"handled","concluded":1768487400000,"numbered":1}',
        "trail": '[0.0,"received"]\n'
        '[0.0,"handled",null,"deliveries: 1"]\n'
        '[1000.0,"sending",0]\n'
        '[1000.0,"sent",0]\n',
        POST.id: '{"n":0,"to":"slack:C0RECRUIT","audience":"recruiters",'
        '"template":"search.completed","state":"sent","updated":1768487401000,"attempts":1,'
        '"receipt":"C1/1.1"}',
    }


async def test_every_field_of_an_event_is_read_back(store: Store) -> None:
    event = replace(make_event(event_type="search.completed"), test=True, only=POST.destination)
    event = replace(event, timestamp=NOW - seconds(5))
    await store.events.accept(event, b'{"data": {"searchId": "srch_1", "resultCount": 1204}}', NOW)
    later = NOW + seconds(1)

    def edit(change: Any) -> None:
        change.set_event(failures=2)
        change.conclude(EventState.DEAD, "broken")

    changed = await apply(store, edit, now=later)
    stored = await read(store)
    assert stored == changed
    assert stored.fields == changed.fields
    assert (stored.event, stored.received_at) == (event, NOW)
    assert (stored.state, stored.concluded_at, stored.reason, stored.failures) == (
        *(EventState.DEAD, later, "broken"),
        2,
    )


async def test_every_field_of_a_delivery_is_read_back_and_the_order_is_kept(store: Store) -> None:
    nobody = make_delivery(destination=None, state=DeliveryState.SKIPPED, reason="nobody is set")
    await accept(store)
    await handle(store, POST, FULL, EMAIL, nobody)
    stored = await read(store)
    assert stored.deliveries == (POST, FULL, EMAIL, nobody)
    assert stored.delivery(FULL.id) == FULL
    assert stored.delivery("dlv_none") is None
    assert stored.unreadable == ()


async def test_the_trail_has_the_destination_of_each_step(store: Store) -> None:
    await accept(store)
    await handle(store, POST, EMAIL)
    await send(store, EMAIL, now=NOW + seconds(0.123456))
    handled, sending, _ = (await read(store)).trail[1:]
    assert handled == Step(NOW, "handled", detail="deliveries: 2")
    assert sending == Step(
        NOW + seconds(0.123456), "sending", EMAIL.id, "email:recruiter@example.com"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"state": "lost"},
        {"to": "pigeon:home"},
        {"audience": None},
        {"template": None},
        {"about": "letter:x"},
        {"attempts": "many"},
        {"created": "nan"},
        {"updated": None},
        {"n": None},
        {"next": 1e300},
    ],
)
async def test_an_unreadable_delivery_is_left_out(
    store: Store, redis: Redis, values: dict[str, object]
) -> None:
    await accept(store)
    await handle(store, POST, EMAIL)
    await rewrite(redis, POST.id, **values)
    stored = await read(store)
    assert (stored.deliveries, stored.unreadable) == ((EMAIL,), (POST.id,))


@pytest.mark.parametrize("value", [b"{", b"[]", b"null", b"7", b'"x"', b"\xff", b""])
async def test_a_delivery_that_is_no_json_object_is_left_out(
    store: Store, redis: Redis, value: bytes
) -> None:
    await accept(store)
    await handle(store, POST, EMAIL)
    await redis.hset(KEY, POST.id, value)  # type: ignore[misc]  # redis-py types it as sync, too
    stored = await read(store)
    assert (stored.deliveries, stored.unreadable) == ((EMAIL,), (POST.id,))
    assert stored.trail[0].what == "received"


@pytest.mark.parametrize("damaged", [POST, EMAIL])
async def test_a_new_delivery_does_not_get_the_steps_of_an_unreadable_one(
    store: Store, redis: Redis, damaged: Delivery
) -> None:
    await accept(store)
    await handle(store, POST, EMAIL)
    for delivery in (POST, EMAIL):
        await send(store, delivery)
    await redis.hset(KEY, damaged.id, "{")  # type: ignore[misc]  # redis-py types it as sync, too
    await apply(store, lambda change: change.put(FULL))
    steps = (await read(store)).trail[2:]
    assert {step.delivery_id for step in steps} == {"", POST.id, EMAIL.id} - {damaged.id}


@pytest.mark.parametrize(
    "line", ["garbage", "{}", "[]", '["soon","sent"]', "[1e300]", '[1,"sent",[]', "\xff"]
)
async def test_an_unreadable_step_makes_the_trail_unreadable_and_not_the_event(
    store: Store, redis: Redis, line: str
) -> None:
    await accept(store)
    await redis.hset(KEY, "trail", line.encode("latin-1"))  # type: ignore[misc]  # redis-py types it as sync, too
    stored = await read(store)
    with pytest.raises(CorruptRecord, match="a step of an event's timeline is not readable"):
        _ = stored.trail


async def test_an_event_without_a_trail_has_no_steps(store: Store, redis: Redis) -> None:
    await accept(store)
    await redis.hdel(KEY, "trail")  # type: ignore[misc]  # redis-py types it as sync, too
    assert list((await read(store)).trail) == []


def awaited_for(*deliveries: Delivery, state: EventState = EventState.HANDLED) -> list[JobId]:
    return awaited_jobs(StoredEvent(make_event(), b"{}", state, NOW, deliveries=deliveries))


EVENT_JOB = JobId(Task.EVENT, "evt_1")
RETRY_JOB = JobId(Task.DELIVERY, "evt_1", POST.id)


@pytest.mark.parametrize(
    ("changes", "job"),
    [
        ({}, EVENT_JOB),
        ({"state": DeliveryState.SENDING}, EVENT_JOB),
        ({"state": DeliveryState.RETRYING, "own_job": True}, RETRY_JOB),
        ({"state": DeliveryState.SENDING, "own_job": True}, RETRY_JOB),
        ({"about": DeadLetter("evt_1")}, JobId(Task.DEAD_LETTER, "evt_1")),
        (
            {"about": DeadLetter("evt_1", EMAIL.id), "state": DeliveryState.SENDING},
            JobId(Task.DEAD_LETTER, "evt_1", EMAIL.id),
        ),
        ({"about": DeadLetter("evt_1"), "own_job": True}, RETRY_JOB),
    ],
)
def test_an_unsent_delivery_waits_for_the_job_that_attempts_it(
    changes: dict[str, Any], job: JobId
) -> None:
    assert awaited_for(replace(POST, **changes)) == [job]
    assert awaited_for(replace(POST, **changes), replace(POST, **changes)) == [job]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": DeliveryState.SENT},
        {"state": DeliveryState.FAILED, "own_job": True},
        {"state": DeliveryState.SKIPPED},
        {"destination": None},
    ],
)
def test_a_settled_delivery_waits_for_nothing(changes: dict[str, Any]) -> None:
    assert awaited_for(replace(POST, **changes)) == []


def test_an_event_waits_for_its_handler_until_it_has_run() -> None:
    assert awaited_for(state=EventState.ACCEPTED) == [EVENT_JOB]
    for state in set(EventState) - {EventState.ACCEPTED}:
        assert awaited_for(state=state) == []
