"""Forgetting a person, also while a worker is handling an event about that person."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.delivery import transitions
from bot.delivery.requeue import requeue
from bot.model import DeadLetter, DeliveryState, Event, EventState, Record
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import DONE, ChangedMeanwhile
from tests.factories import MAIL, NOW, SLACK, SUBJECTS, body_of, make_delivery, make_event, seconds
from tests.store.taken import JOB, snapshot, started
from tests.stored_events import accept, apply, begin, dead_letter, fail, handle, keep, read, send

CANARY = "canary-of-a-person"
PROFILE = Record("profile", "prof_1", {"fields": {"email": CANARY}})
LATER = NOW + seconds(1)
POST, EMAIL = make_delivery(destination=SLACK), make_delivery(destination=MAIL)
KEY = "juicebox:event:evt_1"


def about(event_id: str = "evt_1", profile_id: Any = "prof_1", **data: Any) -> Event:
    given = {"profileId": profile_id, "fields": {"email": CANARY}, **data}
    return make_event(event_id, "profile.enriched", data=given)


async def found(store: Store, profile_id: str = "prof_1") -> set[tuple[str, bool]]:
    return {row async for row in store.forgetting.events_about(profile_id, SUBJECTS)}


async def everything(redis: Redis) -> str:
    """Everything in Redis, as text."""
    return str(await snapshot(redis))


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
    await redis.delete("juicebox:events")
    assert await found(store) == {("evt_1", True)}


async def test_an_unreadable_event_is_returned_as_unreadable(store: Store, redis: Redis) -> None:
    await accept(store, about())
    for body in ("{", "[]", '{"data": []}'):
        await redis.hset(KEY, "body", body)
        assert await found(store) == {("evt_1", False)}


async def test_nothing_of_an_events_content_is_left(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await keep(store, PROFILE)
    await handle(store, POST, EMAIL)
    await send(store, POST)
    await fail(store, EMAIL, CANARY)
    await redis.set("profile:prof_1", CANARY)
    assert CANARY in await everything(redis)
    assert await store.forgetting.forget_event("evt_1", LATER) is True
    await store.forgetting.forget_subject("prof_1", SUBJECTS)
    left = await everything(redis)
    assert CANARY not in left
    assert "prof_1" not in left


async def test_the_id_the_type_and_the_deliveries_are_left(store: Store) -> None:
    await accept(store, about())
    await handle(store, POST, EMAIL)
    await send(store, POST)
    await store.forgetting.forget_event("evt_1", LATER)
    stored = await read(store)
    assert (stored.state, stored.body, stored.event.data) == (EventState.FORGOTTEN, b"", {})
    assert (stored.event.type, stored.event.timestamp) == ("profile.enriched", NOW)
    assert [event.id for event in await store.events.latest(1)] == ["evt_1"]
    rows = [(d.state, d.reason, d.receipt) for d in stored.deliveries]
    assert rows == [
        (DeliveryState.SENT, "", "C1/1.1"),
        (DeliveryState.SKIPPED, "forgotten on request", ""),
    ]
    assert [step.what for step in stored.trail] == ["received", "forgotten"]


async def test_a_forgotten_event_is_still_a_duplicate(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await store.forgetting.forget_event("evt_1", LATER)
    before = await everything(redis)
    assert await store.events.accept(about(), body_of(about()), LATER) is False
    assert await everything(redis) == before
    assert await redis.pttl(KEY) > 30 * 86_400_000


async def test_forgetting_twice_is_harmless(store: Store, redis: Redis) -> None:
    await accept(store, about())
    assert await store.forgetting.forget_event("evt_1", NOW) is True
    before = await everything(redis)
    assert await store.forgetting.forget_event("evt_1", LATER) is False
    assert await store.forgetting.forget_event("evt_none", LATER) is False
    assert await everything(redis) == before
    assert await found(store) == set()


def finish_handler(change: Change) -> None:
    """Write all that a run of the handler may ask for."""
    change.conclude(EventState.HANDLED)
    change.step("handled", detail=CANARY)
    change.put(POST)
    change.keep(PROFILE, NOW, "profile:prof_1")
    change.add_dead_letter(DeadLetter("evt_1", POST.id))
    change.enqueue(JOB, seconds(60))


async def test_a_worker_that_read_the_event_before_writes_nothing_of_it(
    store: Store, redis: Redis
) -> None:
    await accept(store, about())
    run = await started(store)
    late = Change(await read(store), LATER)
    finish_handler(late)
    await store.forgetting.forget_event("evt_1", LATER)
    await store.forgetting.forget_subject("prof_1", SUBJECTS)
    before = await everything(redis)
    for arguments in ((), (run,), (run, DONE)):
        with pytest.raises(ChangedMeanwhile) as error:
            await store.commits.apply(late, *arguments)
        assert error.value.stored == await read(store)
    assert await everything(redis) == before


@pytest.mark.parametrize("settle", ["sent", "retrying", "failed", "skipped"])
async def test_a_send_that_ends_after_forgetting_changes_nothing(
    store: Store, redis: Redis, settle: str
) -> None:
    await accept(store, about())
    await handle(store, POST, EMAIL)
    begun = await begin(store, POST)
    late = Change(await read(store), LATER)
    await store.forgetting.forget_event("evt_1", LATER)
    before = await everything(redis)
    more: dict[str, Any] = {
        "sent": {"receipt": "C1/1.1"},
        "skipped": {"reason": CANARY},
        "failed": {"reason": CANARY, "maybe_delivered": False},
        "retrying": {
            "reason": CANARY,
            "after": seconds(1),
            "uses_attempt": True,
            "maybe_delivered": True,
        },
    }
    getattr(transitions, settle)(late, begun, **more[settle])
    with pytest.raises(ChangedMeanwhile):
        await store.commits.apply(late)
    assert await everything(redis) == before
    post, email = (await read(store)).deliveries
    assert post.reason == "forgotten on request while it was being sent: it may have arrived"
    assert email.state is DeliveryState.SKIPPED


async def test_what_a_worker_writes_while_an_event_is_being_forgotten_is_forgotten_too(
    store: Store, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes between the read and the write of `forget_event`, which then starts again."""
    await accept(store, about())
    apply_change = store.commits.apply

    async def after_the_worker(change: Change, *more: Any) -> Any:
        monkeypatch.setattr(store.commits, "apply", apply_change)
        await apply(store, finish_handler)
        return await apply_change(change, *more)

    monkeypatch.setattr(store.commits, "apply", after_the_worker)
    assert await store.forgetting.forget_event("evt_1", LATER) is True
    await store.forgetting.forget_subject("prof_1", SUBJECTS)
    assert CANARY not in await everything(redis)
    assert (await read(store)).state is EventState.FORGOTTEN


async def test_a_forgotten_dead_letter_is_not_listed(store: Store) -> None:
    await accept(store, about())
    await handle(store, POST)
    await fail(store, POST, CANARY)
    await dead_letter(store, reason=CANARY)
    assert len(await store.dead_letters(NOW)) == 2
    await store.forgetting.forget_event("evt_1", LATER)
    assert await store.dead_letters(NOW) == []
    assert "nothing to do, it is forgotten" in (await requeue(store, "evt_1", LATER))[0]
    assert "nothing to do, it is skipped" in (await requeue(store, POST.id, LATER))[0]


async def test_a_full_redis_can_forget(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await handle(store, POST, EMAIL)
    await redis.config_set("maxmemory", "1")
    try:
        assert await store.forgetting.forget_event("evt_1", LATER) is True
        await store.forgetting.forget_subject("prof_1", SUBJECTS)
    finally:
        await redis.config_set("maxmemory", "0")
    assert CANARY not in await everything(redis)


@pytest.mark.parametrize("garbage", [CANARY.encode(), b"\xff" + CANARY.encode()])
@pytest.mark.parametrize("field", [POST.id, "trail"])
async def test_damaged_deliveries_and_timelines_are_removed(
    store: Store, redis: Redis, field: str, garbage: bytes
) -> None:
    await accept(store, about())
    await handle(store, POST, EMAIL)
    await redis.hset(KEY, field, garbage)  # type: ignore[misc]  # redis-py types it as sync, too
    assert await store.forgetting.forget_event("evt_1", LATER) is True
    assert CANARY not in await everything(redis)


async def test_the_jobs_of_a_forgotten_event_hold_only_its_id(store: Store, redis: Redis) -> None:
    await accept(store, about())
    await store.forgetting.forget_event("evt_1", LATER)
    assert json.loads(await redis.get(f"arq:job:{JOB}") or b"{}")["a"] == ["evt_1"]
