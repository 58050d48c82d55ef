"""The states of a delivery, each with its step in the timeline, its job and its dead letter."""

from dataclasses import replace
from datetime import datetime

import pytest
from redis.asyncio import Redis

from bot.delivery import transitions
from bot.model import DeadLetter, Delivery, DeliveryState
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import ChangedMeanwhile
from bot.store.queue import QUEUE, JobId
from tests.delivery.conftest import TO_EMAIL, TO_SLACK, open_event, stored
from tests.factories import NOW, make_delivery, seconds
from tests.queue_times import is_due_in
from tests.run_jobs import delivery_job, event_job, report_job
from tests.stored_events import read

LATER = NOW + seconds(90)
REPORT = report_job("evt_1", TO_SLACK.id)
RETRY = delivery_job(TO_SLACK.id)


class Transitions:
    """Applies one transition after the other to TO_SLACK."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def change(self, now: datetime = NOW) -> tuple[Change, Delivery]:
        return Change(await read(self.store), now), await stored(self.store)

    async def begin(self, token: str = "t1", now: datetime = NOW) -> Delivery:
        change, delivery = await self.change(now)
        transitions.begin(change, delivery, token)
        return await self.applied(change)

    async def retry(
        self, reason: str = "timeout", after: float = 7, *, uses_attempt: bool = True
    ) -> Delivery:
        change, delivery = await self.change(LATER)
        transitions.retrying(
            change,
            delivery,
            reason,
            after=seconds(after),
            uses_attempt=uses_attempt,
            maybe_delivered=delivery.maybe_delivered,
        )
        return await self.applied(change)

    async def applied(self, change: Change) -> Delivery:
        """Apply the change; it is stored as it was said to be."""
        assert await self.store.commits.apply(change) == await read(self.store)
        return await stored(self.store)

    async def last_step(self) -> tuple[str, str, str]:
        step = (await read(self.store)).trail[-1]
        return step.what, step.destination, step.detail

    async def queued(self) -> list[JobId]:
        """Return the jobs in the queue, without the event's own."""
        ids = [JobId.parse(raw.decode()) for raw in await self.store.redis.zrange(QUEUE, 0, -1)]
        return [job for job in ids if job != event_job()]


@pytest.fixture
async def slack(store: Store) -> Transitions:
    await open_event(store, TO_SLACK, TO_EMAIL)
    return Transitions(store)


async def test_an_attempt_begins_with_a_token_and_is_counted(slack: Transitions) -> None:
    begun = await slack.begin("t1", LATER)
    assert (begun.state, begun.token, begun.attempts) == (DeliveryState.SENDING, "t1", 1)
    assert (begun.maybe_delivered, begun.updated_at) == (False, LATER)
    assert await slack.last_step() == ("sending", "slack:C0RECRUIT", "")


async def test_an_attempt_after_one_that_did_not_end_may_have_been_delivered(
    slack: Transitions,
) -> None:
    await slack.begin("t1")
    again = await slack.begin("t2", LATER)
    assert (again.maybe_delivered, again.attempts, again.token) == (True, 2, "t2")
    detail = "interrupted, taken over 1 min 30 s after it began"
    assert await slack.last_step() == ("sending", "slack:C0RECRUIT", detail)


async def test_two_attempts_cannot_begin_at_the_same_time(slack: Transitions) -> None:
    """Both have read the delivery before either of them has written it."""
    (one, delivery), (other, _) = await slack.change(), await slack.change()
    transitions.begin(one, delivery, "t1")
    transitions.begin(other, delivery, "t2")
    await slack.applied(one)
    with pytest.raises(ChangedMeanwhile) as changed:
        await slack.store.commits.apply(other)
    assert changed.value.stored == await read(slack.store)
    assert (await stored(slack.store)).token == "t1"


async def test_attempts_of_two_deliveries_settle_independently(slack: Transitions) -> None:
    (one, to_slack), (other, _) = await slack.change(), await slack.change()
    transitions.sent(one, to_slack, "C1/1.1")
    transitions.sent(other, await stored(slack.store, TO_EMAIL), "<id@example.com>")
    await slack.applied(one)
    await slack.store.commits.apply(other)
    receipts = [d.receipt for d in (await read(slack.store)).deliveries]
    assert receipts == ["C1/1.1", "<id@example.com>"]


async def test_a_sent_delivery_has_its_receipt_and_is_not_in_doubt_any_more(
    slack: Transitions,
) -> None:
    await slack.begin("t1")
    await slack.begin("t2")
    change, delivery = await slack.change(LATER)
    transitions.sent(change, delivery, "C1/1.1", "found in the channel")
    sent = await slack.applied(change)
    assert (sent.state, sent.receipt, sent.updated_at) == (DeliveryState.SENT, "C1/1.1", LATER)
    assert (sent.maybe_delivered, sent.token, sent.reason) == (False, "", "")
    assert await slack.last_step() == ("sent", "slack:C0RECRUIT", "found in the channel")
    assert await slack.queued() == []


async def test_a_skipped_delivery_has_its_reason(slack: Transitions) -> None:
    change, delivery = await slack.change()
    transitions.skipped(change, delivery, "slack is not configured any more")
    skipped = await slack.applied(change)
    assert skipped.state is DeliveryState.SKIPPED
    assert skipped.reason == "slack is not configured any more"
    assert (await slack.last_step())[::2] == ("skipped", "slack is not configured any more")


async def test_a_failed_delivery_is_a_dead_letter_that_a_job_reports(slack: Transitions) -> None:
    await slack.begin()
    change, delivery = await slack.change()
    transitions.failed(change, delivery, "channel_not_found", maybe_delivered=True)
    failed = await slack.applied(change)
    assert (failed.state, failed.maybe_delivered) == (DeliveryState.FAILED, True)
    assert await slack.last_step() == ("failed", "slack:C0RECRUIT", "channel_not_found")
    assert await slack.store.dead_letters(NOW) == [DeadLetter("evt_1", TO_SLACK.id)]
    assert await slack.queued() == [REPORT]


async def test_a_failed_notice_is_neither_a_dead_letter_nor_reported(store: Store) -> None:
    notice = make_delivery(template="dead_letter", about=DeadLetter("evt_1"))
    await open_event(store, notice)
    change = Change(await read(store), NOW)
    transitions.failed(change, notice, "channel_not_found", maybe_delivered=False)
    await store.commits.apply(change)
    assert (await stored(store, notice)).state is DeliveryState.FAILED
    assert await store.dead_letters(NOW) == []
    assert await Transitions(store).queued() == []


async def test_a_retry_is_a_job_of_its_own_that_is_due_later(
    slack: Transitions, redis: Redis
) -> None:
    await slack.begin()
    waiting = await slack.retry("timeout", 3_600)
    assert (waiting.state, waiting.attempts) == (DeliveryState.RETRYING, 1)
    assert (waiting.next_at, waiting.own_job) == (LATER + seconds(3_600), True)
    assert await slack.last_step() == ("retrying", "slack:C0RECRUIT", "timeout")
    assert await is_due_in(redis, str(RETRY), seconds(3_600))


async def test_many_waits_in_a_row_are_one_step_and_use_no_attempt(slack: Transitions) -> None:
    for _ in range(3):
        await slack.begin()
        waiting = await slack.retry("ratelimited", uses_attempt=False)
    assert (waiting.attempts, waiting.waits) == (0, 3)
    steps = [(step.what, step.detail) for step in (await read(slack.store)).trail[2:]]
    assert steps == [
        ("sending", ""),
        ("retrying", "rate limited, waits 7 s, uses no attempt (ratelimited)"),
    ]


async def test_a_failed_delivery_that_is_requeued_has_all_its_attempts(slack: Transitions) -> None:
    await slack.begin()
    change, delivery = await slack.change()
    transitions.failed(change, delivery, "channel_not_found", maybe_delivered=True)
    await slack.applied(change)
    change, delivery = await slack.change(LATER)
    transitions.requeued(change, delivery)
    again = await slack.applied(change)
    assert (again.state, again.attempts, again.own_job) == (DeliveryState.RETRYING, 0, True)
    assert (again.maybe_delivered, again.next_at) == (True, LATER)
    assert await slack.last_step() == ("retried by hand", "slack:C0RECRUIT", "")
    assert await slack.store.dead_letters(NOW) == []
    assert {*await slack.queued()} == {REPORT, RETRY}


async def test_a_transition_that_is_repeated_after_a_lost_reply_changes_nothing_more(
    slack: Transitions, redis: Redis
) -> None:
    """Not even if its job has run since."""
    change, delivery = await slack.change()
    transitions.failed(change, delivery, "channel_not_found", maybe_delivered=False)
    await slack.applied(change)
    before = await read(slack.store)
    await redis.zrem(QUEUE, str(REPORT))
    assert await slack.store.commits.apply(change) == before
    assert (await read(slack.store)).trail == before.trail
    assert await slack.queued() == []


async def test_a_new_delivery_comes_after_the_others(slack: Transitions) -> None:
    change, _ = await slack.change()
    notice = make_delivery(template="dead_letter", about=DeadLetter("evt_1", TO_SLACK.id))
    transitions.begin(change, notice, "t1")
    transitions.skipped(change, replace(TO_SLACK, attempts=0), "not wanted")
    await slack.applied(change)
    found = (await read(slack.store)).deliveries
    assert [d.id for d in found] == [TO_SLACK.id, TO_EMAIL.id, notice.id]
