"""The ledger: who may send, how a claim is settled, and why a second run is harmless."""

from typing import Any

import pytest
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import DeadLetter, Delivery, DeliveryState, EventState
from bot.store import Store
from bot.store.queue import QUEUE
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event, seconds
from tests.queue_times import is_due_in

EVENT_JOB = "handle_event:evt_1"
POST, EMAIL = make_delivery(destination=SLACK), make_delivery(destination=MAIL)
RETRY_JOB = f"retry_delivery:{POST.id}"
LATER = NOW + seconds(1)


@pytest.fixture
async def opened(store: Store) -> Store:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    assert await store.ledger.open("evt_1", [POST, EMAIL], NOW) is True
    return store


async def claimed(store: Store, token: str = "t1", owner: str = EVENT_JOB) -> Delivery:
    delivery = await store.ledger.claim(POST, owner, token, NOW)
    assert delivery is not None
    return delivery


async def retried(store: Store, delivery: Delivery, token: str = "t1", **changes: Any) -> bool:
    how = {"due": LATER, "uses_attempt": True, "maybe_delivered": False, "now": NOW, **changes}
    return await store.ledger.retry_later(delivery, token, "timeout", **how)


async def test_the_deliveries_of_an_event_are_read_back_in_order(opened: Store) -> None:
    assert await opened.ledger.of_event("evt_1") == [POST, EMAIL]
    stored = await opened.events.get("evt_1")
    assert stored is not None
    assert stored.state is EventState.HANDLED


async def test_an_event_without_deliveries_is_handled_too(store: Store) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    assert await store.ledger.open("evt_1", [], NOW) is True
    assert await store.ledger.of_event("evt_1") == []


async def test_a_second_run_of_the_handler_changes_nothing(opened: Store) -> None:
    await opened.ledger.sent(await claimed(opened), "t1", "C1/1.1", NOW)
    assert await opened.ledger.open("evt_1", [POST, EMAIL], NOW) is False
    states = [d.state for d in await opened.ledger.of_event("evt_1")]
    assert states == [DeliveryState.SENT, DeliveryState.PENDING]


async def test_the_ledger_of_an_unknown_event_is_not_opened(store: Store, redis: Redis) -> None:
    assert await store.ledger.open("evt_none", [POST], NOW) is False
    assert await redis.dbsize() == 0


async def test_a_claim_marks_the_delivery_sending(opened: Store) -> None:
    delivery = await claimed(opened)
    assert (delivery.state, delivery.attempts, delivery.maybe_delivered) == (
        DeliveryState.SENDING,
        1,
        False,
    )


async def test_repeating_a_claim_whose_reply_was_lost_changes_nothing(opened: Store) -> None:
    assert await claimed(opened) == await claimed(opened)


async def test_a_delivery_claimed_while_sending_may_be_delivered(opened: Store) -> None:
    await claimed(opened, "t1")
    delivery = await claimed(opened, "t2")
    assert (delivery.maybe_delivered, delivery.attempts) == (True, 2)


async def test_another_job_cannot_claim(opened: Store) -> None:
    assert await opened.ledger.claim(POST, RETRY_JOB, "t1", NOW) is None


async def test_a_delivery_that_is_not_kept_cannot_be_claimed(store: Store) -> None:
    assert await store.ledger.claim(POST, EVENT_JOB, "t1", NOW) is None


async def test_a_sent_delivery_cannot_be_claimed_again(opened: Store) -> None:
    delivery = await claimed(opened)
    assert await opened.ledger.sent(delivery, "t1", "C1/1.1", LATER) is True
    assert await opened.ledger.claim(POST, EVENT_JOB, "t2", LATER) is None
    kept = await opened.ledger.get(POST.id)
    assert kept is not None
    assert (kept.state, kept.receipt, kept.updated_at) == (DeliveryState.SENT, "C1/1.1", LATER)


async def test_a_settlement_whose_reply_was_lost_may_be_repeated(opened: Store) -> None:
    delivery = await claimed(opened)
    assert await opened.ledger.sent(delivery, "t1", "C1/1.1", LATER) is True
    assert await opened.ledger.sent(delivery, "t1", "C1/1.1", LATER) is True
    sent = [s for s in await opened.events.trail("evt_1") if s.what == "sent"]
    assert len(sent) == 1


async def test_a_lost_claim_settles_nothing(opened: Store) -> None:
    old = await claimed(opened, "t1")
    await claimed(opened, "t2")
    assert await opened.ledger.sent(old, "t1", "C1/1.1", NOW) is False
    assert await retried(opened, old, "t1") is False
    assert (
        await opened.ledger.fail(old, "t1", "no", maybe_delivered=False, report=True, now=NOW)
        is False
    )
    assert await opened.ledger.skip(old, "t1", "no", NOW) is False


async def test_a_retry_belongs_to_a_job_of_its_own(opened: Store, redis: Redis) -> None:
    assert await retried(opened, await claimed(opened)) is True
    assert await is_due_in(redis, RETRY_JOB, LATER - NOW)
    kept = await opened.ledger.get(POST.id)
    assert kept is not None
    assert (kept.state, kept.next_at, kept.reason) == (DeliveryState.RETRYING, LATER, "timeout")
    assert await opened.ledger.claim(POST, EVENT_JOB, "t2", NOW) is None
    again = await claimed(opened, "t2", RETRY_JOB)
    assert (again.attempts, again.maybe_delivered) == (2, False)


async def test_waiting_for_a_rate_limit_uses_up_no_attempt(opened: Store) -> None:
    await retried(opened, await claimed(opened), uses_attempt=False)
    assert (await claimed(opened, "t2", RETRY_JOB)).attempts == 1


async def test_a_failure_that_may_be_delivered_stays_marked(opened: Store) -> None:
    await retried(opened, await claimed(opened), maybe_delivered=True)
    assert (await claimed(opened, "t2", RETRY_JOB)).maybe_delivered is True


async def test_a_dead_letter_is_listed_and_reported_once(opened: Store, redis: Redis) -> None:
    delivery = await claimed(opened)
    for _ in range(2):
        failed = await opened.ledger.fail(
            delivery, "t1", "channel_not_found", maybe_delivered=False, report=True, now=NOW
        )
        assert failed is True
    assert await opened.dead_letters(NOW) == [DeadLetter.delivery(POST.id)]
    report = f"report_dead_letter:delivery:{POST.id}"
    assert await redis.zrange(QUEUE, 0, -1) == [EVENT_JOB.encode(), report.encode()]


async def test_a_notice_that_fails_is_no_dead_letter_itself(opened: Store, redis: Redis) -> None:
    delivery = await claimed(opened)
    await opened.ledger.fail(delivery, "t1", "gone", maybe_delivered=False, report=False, now=NOW)
    kept = await opened.ledger.get(POST.id)
    assert kept is not None
    assert kept.state is DeliveryState.FAILED
    assert await opened.dead_letters(NOW) == []
    assert await redis.zrange(QUEUE, 0, -1) == [EVENT_JOB.encode()]


async def test_the_trail_has_one_step_for_many_waits_for_a_rate_limit(opened: Store) -> None:
    await retried(opened, await claimed(opened), uses_attempt=False)
    for number in range(50):
        token = f"wait {number}"
        await retried(opened, await claimed(opened, token, RETRY_JOB), token, uses_attempt=False)
    assert [s.what for s in await opened.events.trail("evt_1")] == [
        "received",
        "handled",
        "sending",
        "retrying",
    ]


async def test_a_requeued_delivery_has_all_its_attempts_again(opened: Store, redis: Redis) -> None:
    delivery = await claimed(opened)
    await opened.ledger.fail(delivery, "t1", "gone", maybe_delivered=True, report=True, now=NOW)
    assert await opened.ledger.requeue(POST, LATER) is True
    assert await opened.ledger.requeue(POST, LATER) is False
    assert await opened.dead_letters(NOW) == []
    assert await redis.zscore(QUEUE, RETRY_JOB) is not None
    again = await claimed(opened, "t2", RETRY_JOB)
    assert (again.attempts, again.maybe_delivered) == (1, True)


async def test_a_delivery_that_has_not_failed_is_not_requeued(opened: Store) -> None:
    assert await opened.ledger.requeue(POST, NOW) is False


async def test_a_skipped_delivery_keeps_the_reason(opened: Store) -> None:
    delivery = await claimed(opened)
    assert await opened.ledger.skip(delivery, "t1", "slack is not configured any more", NOW)
    kept = await opened.ledger.get(POST.id)
    assert kept is not None
    assert kept.state is DeliveryState.SKIPPED
    assert kept.reason == "slack is not configured any more"


async def test_a_notice_is_added_once_to_an_event_that_was_handled(opened: Store) -> None:
    notice = make_delivery(template="dead_letter")
    for _ in range(2):
        await opened.ledger.add("evt_1", [notice], "report_dead_letter:x", NOW)
    assert await opened.ledger.of_event("evt_1") == [POST, EMAIL, notice]


async def test_nothing_is_added_to_an_event_that_is_not_kept(store: Store, redis: Redis) -> None:
    await store.ledger.add("evt_none", [POST], "report_dead_letter:x", NOW)
    assert await redis.dbsize() == 0


async def test_the_trail_has_every_step(opened: Store) -> None:
    await retried(opened, await claimed(opened))
    await opened.ledger.sent(await claimed(opened, "t2", RETRY_JOB), "t2", "C1/1.1", LATER)
    steps = await opened.events.trail("evt_1")
    assert [(s.what, s.destination, s.detail) for s in steps] == [
        ("received", "", ""),
        ("handled", "", "deliveries: 2"),
        ("sending", "slack:C0RECRUIT", ""),
        ("retrying", "slack:C0RECRUIT", "timeout"),
        ("sending", "slack:C0RECRUIT", ""),
        ("sent", "slack:C0RECRUIT", ""),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "lost"),
        ("destination", "pigeon:home"),
        ("notification", "[]"),
        ("attempts", "many"),
        ("created_at", "nan"),
    ],
)
async def test_an_unreadable_delivery_is_an_error_or_left_out(
    opened: Store, redis: Redis, field: str, value: str
) -> None:
    await redis.hset(f"juicebox:delivery:{POST.id}", field, value)
    with pytest.raises(CorruptRecord, match="is not readable"):
        await opened.ledger.get(POST.id)
    assert await opened.ledger.of_event("evt_1") == [EMAIL]


async def test_a_delivery_that_was_never_written_is_none(store: Store) -> None:
    assert await store.ledger.get("dlv_none") is None
