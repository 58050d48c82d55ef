"""Requeueing an event or a delivery, and what is reported about it."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.delivery import transitions
from bot.delivery.requeue import requeue
from bot.model import DeadLetter, Delivery, DeliveryState, EventState
from bot.store import Store
from bot.store.change import Change
from bot.store.queue import JOB_KEY, QUEUE
from tests.delivery.conftest import TO_EMAIL, TO_SLACK, open_event, stored
from tests.factories import NOW, make_delivery
from tests.run_jobs import delivery_job, event_job
from tests.stored_events import read

HOUR = timedelta(hours=1)
NOTICE = make_delivery(template="dead_letter", about=DeadLetter("evt_1"))


async def fail(store: Store, delivery: Delivery) -> None:
    change = Change(await read(store), NOW)
    transitions.failed(change, delivery, "channel_not_found", maybe_delivered=False)
    await store.commits.apply(change)


async def test_a_failed_delivery_is_requeued_and_a_missing_job_restored(
    store: Store, redis: Redis
) -> None:
    await open_event(store, TO_SLACK, TO_EMAIL)
    await redis.zrem(QUEUE, str(event_job()))
    await fail(store, TO_EMAIL)
    change = Change(await read(store), NOW)
    transitions.retrying(
        change, TO_SLACK, "timeout", after=HOUR, uses_attempt=True, maybe_delivered=False
    )
    await store.commits.apply(change)
    lost = str(delivery_job(TO_SLACK.id))
    await redis.zrem(QUEUE, lost)
    await redis.delete(JOB_KEY + lost)
    assert await requeue(store, TO_EMAIL.id, NOW) == [
        f"{TO_EMAIL.id}: is sent again to email:recruiter@example.com",
        f"{lost}: this job was missing from the queue, and is enqueued again",
    ]
    assert (await stored(store, TO_EMAIL)).state is DeliveryState.RETRYING
    assert await store.dead_letters(NOW) == []
    queued = [raw.decode() for raw in await redis.zrange(QUEUE, 0, -1)]
    assert {lost, str(delivery_job(TO_EMAIL.id))} <= {*queued}


async def test_a_dead_events_handler_runs_again_with_all_its_attempts(
    store: Store, redis: Redis
) -> None:
    await open_event(store)
    change = Change(await read(store), NOW)
    change.set_event(failures=3)
    change.conclude(EventState.DEAD, "its handler failed 3 times")
    change.add_dead_letter(DeadLetter("evt_1"))
    await store.commits.apply(change)
    await redis.delete(QUEUE)
    assert await requeue(store, "evt_1", NOW) == ["evt_1: its handler runs again"]
    again = await read(store)
    assert (again.state, again.failures, again.reason) == (EventState.ACCEPTED, 0, "")
    assert await store.dead_letters(NOW) == []
    assert await redis.zrange(QUEUE, 0, -1) == [str(event_job()).encode()]


async def test_a_notice_is_named_as_one(store: Store) -> None:
    await open_event(store, NOTICE)
    await fail(store, NOTICE)
    assert await requeue(store, "evt_1", NOW) == [
        f"{NOTICE.id}: the notice to operators is sent again to slack:C0RECRUIT"
    ]
    assert await requeue(store, NOTICE.id, NOW) == [
        f"{NOTICE.id}: nothing to do, the notice to operators is retrying to slack:C0RECRUIT"
    ]
    [said] = await requeue(store, "evt_1", NOW)
    assert said == (
        "evt_1: nothing to do, it is handled and has no deliveries"
        " (notices to operators: slack:C0RECRUIT retrying)"
    )
