"""Requeueing an event or a delivery, and what is reported about it."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.delivery.requeue import requeue
from bot.model import NOTICE_TEMPLATE, Delivery, DeliveryState
from bot.store import Store
from bot.store.queue import JOB_KEY, QUEUE
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event

OWNER = "handle_event:evt_1"
HOUR = timedelta(hours=1)


async def accept(store: Store) -> None:
    event = make_event("evt_1")
    await store.events.accept(event, body_of(event), NOW)


async def fail(store: Store, delivery: Delivery, *, report: bool = True) -> None:
    await store.ledger.claim(delivery, OWNER, "t1", NOW)
    reason = "channel_not_found"
    await store.ledger.fail(delivery, "t1", reason, maybe_delivered=False, report=report, now=NOW)


async def test_a_failed_delivery_is_requeued_and_a_missing_job_restored(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    waiting, failed = make_delivery("evt_1", SLACK), make_delivery("evt_1", MAIL)
    await store.ledger.open("evt_1", [waiting, failed], NOW)
    await fail(store, failed)
    await store.ledger.claim(waiting, OWNER, "t1", NOW)
    await store.ledger.retry_later(
        waiting, "t1", "timeout", due=NOW + HOUR, uses_attempt=True, maybe_delivered=False, now=NOW
    )
    lost = f"retry_delivery:{waiting.id}"
    await redis.zrem(QUEUE, lost)
    await redis.delete(JOB_KEY + lost)
    assert await requeue(store, failed.id, NOW) == [
        f"{lost}: this job was missing from the queue, and is enqueued again",
        f"{failed.id}: is sent again to email:recruiter@example.com",
    ]
    found = await store.ledger.get(failed.id)
    assert found is not None
    assert found.state is DeliveryState.RETRYING


async def test_a_notice_is_named_as_one(store: Store) -> None:
    await accept(store)
    notice = make_delivery("evt_1", SLACK, template=NOTICE_TEMPLATE)
    await store.ledger.open("evt_1", [notice], NOW)
    await fail(store, notice, report=False)
    assert await requeue(store, "evt_1", NOW) == [
        f"{notice.id}: the notice to operators is sent again to slack:C0RECRUIT"
    ]
    assert await requeue(store, notice.id, NOW) == [
        f"{notice.id}: nothing to do, the notice to operators is retrying to slack:C0RECRUIT"
    ]
    [said] = await requeue(store, "evt_1", NOW)
    assert said == (
        "evt_1: nothing to do, it is handled and has no deliveries"
        " (notices to operators: slack:C0RECRUIT retrying)"
    )
