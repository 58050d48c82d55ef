"""Attempts whose lease is lost, whose worker is killed, or who settle while Redis is away."""

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.delivery import transitions
from bot.delivery.attempt import Attempts
from bot.delivery.sender import ActiveTransport
from bot.errors import LeaseLost
from bot.model import DeliveryState, Transport
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import ChangedMeanwhile, End, Run
from bot.store.queue import JOBS
from bot.store.stored_event import StoredEvent
from tests.delivery.conftest import (
    TO_EMAIL,
    TO_SLACK,
    Lease,
    ScriptedSender,
    attempt,
    held_lease,
    lost_lease,
    stored,
)
from tests.factories import NOW, make_notification, seconds
from tests.polling import until
from tests.run_jobs import event_job, take_job
from tests.stored_events import read, steps_of


async def test_a_delivery_is_sending_before_the_call(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    seen: list[tuple[DeliveryState, int]] = []

    async def look(*_: object) -> str:
        delivery = await stored(store)
        seen.append((delivery.state, delivery.attempts))
        return "C1/1.1"

    sender.send = look  # type: ignore[method-assign]  # for this test only
    await attempt(attempts, TO_SLACK)
    assert seen == [(DeliveryState.SENDING, 1)]


async def test_a_lost_lease_sends_nothing_and_settles_nothing(
    attempts: Attempts, store: Store
) -> None:
    with pytest.raises(LeaseLost):
        await attempt(attempts, TO_SLACK, check_lease=lost_lease)
    assert (await stored(store)).state is DeliveryState.SENDING


async def test_after_a_crash_the_message_is_maybe_delivered(
    attempts: Attempts, sender: ScriptedSender
) -> None:
    with pytest.raises(LeaseLost):
        await attempt(attempts, TO_SLACK, check_lease=lost_lease)
    await attempt(attempts, TO_SLACK)
    assert [d.maybe_delivered for d in sender.seen] == [False, True]


async def test_a_run_without_the_lease_begins_nothing(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """Another run has taken the job since."""
    taken = await take_job(store, event_job())
    await take_job(store, event_job())
    change = Change(await read(store), NOW)
    job = Lease(taken.run, held_lease)
    with pytest.raises(LeaseLost):
        await attempts.make(change, [TO_SLACK], [make_notification()], {}, job)
    assert sender.seen == []
    assert (await stored(store)).state is DeliveryState.PENDING


async def test_a_delivery_that_was_settled_meanwhile_is_not_sent_again(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """It was sent between the reading of the event and the attempt."""
    change = Change(await read(store), NOW)
    await attempt(attempts, TO_SLACK)
    taken = await take_job(store, event_job())
    job = Lease(taken.run, held_lease)
    with pytest.raises(ChangedMeanwhile) as changed:
        await attempts.make(change, [TO_SLACK], [make_notification()], {}, job)
    assert changed.value.stored == await read(store)
    assert len(sender.seen) == 1


async def test_a_run_that_settles_second_loses_its_lease(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """Another run has taken over during the call to Slack, or the event was forgotten."""

    async def overtaken(*_: object) -> str:
        await take_job(store, event_job())
        return "C1/1.1"

    async def forgotten(*_: object) -> str:
        await store.forgetting.forget_event("evt_1", NOW)
        return "C1/1.1"

    sender.send = overtaken  # type: ignore[method-assign]  # for this test only
    with pytest.raises(LeaseLost, match="another worker has this job"):
        await attempt(attempts, TO_SLACK)
    sender.send = forgotten  # type: ignore[method-assign]  # for this test only
    with pytest.raises(LeaseLost, match="another run has settled"):
        await attempt(attempts, TO_SLACK)
    assert (await stored(store)).state is DeliveryState.SKIPPED


async def test_a_delivery_that_always_kills_its_worker_becomes_a_dead_letter(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    change = Change(await read(store), NOW)
    for number in range(9):
        transitions.begin(change, change.stored.deliveries[0], f"crash {number}")
    await store.commits.apply(change)
    await attempt(attempts, TO_SLACK)
    delivery = await stored(store)
    assert sender.seen == []
    assert (delivery.state, delivery.maybe_delivered) == (DeliveryState.FAILED, True)
    assert delivery.reason == "every attempt was interrupted"


async def test_each_delivery_is_settled_as_soon_as_it_is_known_and_the_last_one_ends_the_job(
    attempts: Attempts, store: Store, redis: Redis
) -> None:
    """A mail may take minutes."""
    accepted = asyncio.Event()

    class SlowMail(ScriptedSender):
        async def send(self, *_: object) -> str:
            await accepted.wait()
            return "<id@example.com>"

    mail = ActiveTransport(lambda notification: notification.template, SlowMail())
    both = replace(attempts, transports={**attempts.transports, Transport.EMAIL: mail})
    making = asyncio.create_task(attempt(both, TO_SLACK, TO_EMAIL))

    async def is_posted() -> bool:
        return (await stored(store)).state is DeliveryState.SENT

    await until(is_posted)
    assert (await stored(store, TO_EMAIL)).state is DeliveryState.SENDING
    assert await redis.zscore(JOBS, str(event_job())) is not None
    accepted.set()
    await making
    assert (await stored(store, TO_EMAIL)).state is DeliveryState.SENT
    assert await redis.zcard(JOBS) == 0


async def test_an_outcome_is_written_once_however_often_the_reply_of_redis_is_lost(
    attempts: Attempts, sender: ScriptedSender, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, lost = store.commits.apply, 0

    async def lose_replies(
        change: Change, run: Run | None = None, end: End | None = None
    ) -> StoredEvent:
        nonlocal lost
        written = await apply(change, run, end)
        if end is not None and lost < 2:
            lost += 1
            raise RedisError("the reply is lost")
        return written

    monkeypatch.setattr(store.commits, "apply", lose_replies)
    await attempt(replace(attempts, redis_retry_interval=seconds(0)), TO_SLACK)
    assert lost == 2
    assert len(sender.seen) == 1
    assert await steps_of(store) == ["received", "handled", "sending", "sent"]
