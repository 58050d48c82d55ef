"""Reconciliation: a job that the queue has lost is found and enqueued again."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.delivery.requeue import requeue
from bot.model import DeliveryState
from bot.store import Store
from bot.store.commit import DONE, End
from bot.store.queue import JOB_KEY, JOBS, QUEUE, JobId, Task
from tests.factories import MAIL, NOW, make_delivery
from tests.queue_times import is_due_in
from tests.store.taken import (
    JOB,
    lose,
    lose_all,
    queued,
    snapshot,
    started,
    take,
)
from tests.stored_events import accept, handle, retry

DELIVERY = make_delivery()
RETRY = JobId(Task.DELIVERY, "evt_1", DELIVERY.id)
HOUR = timedelta(hours=1)


@pytest.fixture
async def store(store: Store) -> Store:
    """A store whose index of all jobs is complete."""
    assert await store.reconciliation.run(NOW) == []
    return store


async def handled_and_retrying(store: Store, after: timedelta = HOUR) -> None:
    """Run the job of the event, whose delivery is retried."""
    await accept(store)
    run = await started(store)
    await handle(store, DELIVERY)
    await retry(store, DELIVERY, after)
    await store.commits.end(run, DONE)


async def test_a_complete_queue_stays_unchanged(store: Store, redis: Redis) -> None:
    for number in range(3):
        await accept(store, f"evt_{number}")
    await take(store, 1)
    before = await snapshot(redis)
    assert await store.reconciliation.run(NOW) == []
    assert await snapshot(redis) == before


async def test_a_complete_queue_costs_few_commands(store: Store, redis: Redis) -> None:
    """One script, and a look into each queue of the older releases."""
    await accept(store)
    await store.reconciliation.run(NOW)
    await redis.config_resetstat()
    await store.reconciliation.run(NOW)
    stats = await redis.info("commandstats")
    del stats["cmdstat_config|resetstat"]
    sent = {name.removeprefix("cmdstat_"): found["calls"] for name, found in stats.items()}
    assert sent == {"evalsha": 1, "zscore": 1, "zcard": 3, "zrange": 3}


async def test_an_accepted_event_without_a_job_gets_one(store: Store, redis: Redis) -> None:
    await accept(store)
    await lose(redis, JOB)
    assert await store.reconciliation.run(NOW) == [str(JOB)]
    assert await queued(redis) == {str(JOB)}
    assert await redis.exists(f"{JOB_KEY}{JOB}") == 1
    assert await store.reconciliation.run(NOW) == []


async def test_a_lost_retry_is_restored_with_its_due_time(store: Store, redis: Redis) -> None:
    await handled_and_retrying(store)
    await lose(redis, RETRY)
    assert await store.reconciliation.run(NOW) == [str(RETRY)]
    assert await is_due_in(redis, str(RETRY), HOUR)


async def test_a_finished_job_is_not_lost(store: Store, redis: Redis) -> None:
    await accept(store)
    await store.commits.end(await started(store), DONE)
    assert await store.reconciliation.run(NOW) == []
    assert await queued(redis) == set()


async def test_a_job_that_is_done_between_being_missed_and_being_restored_stays_done(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await store.commits.end(await started(store), DONE)
    assert await store.reconciliation.restore_job(JOB, NOW) is False
    assert await queued(redis) == set()


async def test_a_job_that_is_done_after_its_event_was_read_stays_done(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    read = await store.events.get("evt_1")
    assert read is not None
    run = await started(store)
    await handle(store)
    await store.commits.end(run, DONE)
    assert await store.reconciliation.restore(read, NOW) == []
    assert await queued(redis) == set()


async def test_a_running_job_is_not_lost_even_if_the_queue_is_deleted(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    run = await started(store)
    await redis.delete(QUEUE)
    assert await store.reconciliation.run(NOW) == []
    assert (await take(store)).jobs == []
    await store.commits.end(run, DONE)


async def test_a_job_of_which_the_lease_was_deleted_runs_again_and_the_first_run_ends_nothing(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    first = await started(store)
    await redis.delete("juicebox:jobs:running", "juicebox:jobs:leases")
    assert await store.reconciliation.run(NOW) == [str(JOB)]
    second = await started(store)
    assert await store.queue.renew([first], HOUR) == {JOB}
    await store.commits.end(second, DONE)


async def test_an_index_that_redis_evicted_is_built_from_the_events(
    store: Store, redis: Redis
) -> None:
    await handled_and_retrying(store)
    await accept(store, "evt_2")
    await accept(store, "evt_done")
    sent = make_delivery("evt_done", MAIL, state=DeliveryState.SENT)
    await handle(store, sent, event_id="evt_done")
    await lose_all(redis)
    expected = {str(RETRY), "handle_event::evt_2"}
    assert set(await store.reconciliation.run(NOW)) == expected
    assert await queued(redis) == expected
    await lose(redis, RETRY)
    assert await store.reconciliation.run(NOW) == [str(RETRY)]


async def test_a_job_missing_from_queue_and_index_is_found_when_a_worker_starts(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await redis.zrem(QUEUE, str(JOB))
    await redis.zrem(JOBS, str(JOB))
    assert await store.reconciliation.run(NOW) == []
    restarted = Store(redis, retention=timedelta(days=30))
    assert await restarted.reconciliation.run(NOW) == [str(JOB)]


async def test_the_job_of_a_pending_delivery_is_restored(store: Store, redis: Redis) -> None:
    await accept(store)
    await handle(store, DELIVERY)
    await lose_all(redis)
    assert await store.reconciliation.run(NOW) == [str(JOB)]


async def test_a_job_of_a_newer_release_is_restored_too(store: Store, redis: Redis) -> None:
    """Its id says everything that its worker needs."""
    await redis.zadd(QUEUE, {"new_task::evt_1": 1})
    await store.reconciliation.run(NOW)
    await lose(redis, "new_task::evt_1")
    assert await store.reconciliation.run(NOW) == ["new_task::evt_1"]
    assert await queued(redis) == {"new_task::evt_1"}


async def test_a_reconciliation_needs_only_access_to_our_keys(store: Store, redis: Redis) -> None:
    """A shared Redis may forbid the keys of other applications, including arq's default queue."""
    await redis.execute_command(
        "ACL", "SETUSER", "bot", "on", "nopass", "~juicebox:*", "~arq:job:*", "+@all"
    )
    try:
        await accept(store)
        await lose(redis, JOB)
        async with redis.client() as limited:
            await limited.execute_command("AUTH", "bot", "any")
            restricted = Store(limited, retention=timedelta(days=30))
            assert await restricted.reconciliation.run(NOW) == [str(JOB)]
    finally:
        await redis.execute_command("ACL", "DELUSER", "bot")


async def test_a_retry_scheduled_under_the_id_of_the_running_job_is_restored(
    store: Store, redis: Redis
) -> None:
    """The queue was deleted while the job ran."""
    await handled_and_retrying(store, after=timedelta())
    run = await started(store, RETRY)
    await retry(store, DELIVERY, HOUR)
    await redis.delete(QUEUE)
    await store.commits.end(run, DONE)
    assert await is_due_in(redis, str(RETRY), HOUR)
    await redis.delete(QUEUE)
    assert await store.reconciliation.run(NOW) == [str(RETRY)]
    assert await is_due_in(redis, str(RETRY), HOUR)


async def test_a_job_that_was_put_back_is_restored_with_its_due_time(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await store.commits.end(await started(store), End(HOUR))
    await redis.delete(QUEUE)
    assert await store.reconciliation.run(NOW) == [str(JOB)]
    assert await is_due_in(redis, str(JOB), HOUR)


async def test_retry_by_hand_restores_a_lost_job(store: Store, redis: Redis) -> None:
    await accept(store)
    await lose(redis, JOB)
    [line] = await requeue(store, "evt_1", NOW)
    assert line == f"{JOB}: this job was missing from the queue, and is enqueued again"
    assert await queued(redis) == {str(JOB)}
    assert "nothing to do" in (await requeue(store, "evt_1", NOW))[0]


async def test_retry_by_hand_restores_the_lost_job_of_a_delivery(
    store: Store, redis: Redis
) -> None:
    await handled_and_retrying(store)
    await lose(redis, RETRY)
    assert "missing from the queue" in (await requeue(store, DELIVERY.id, NOW))[0]
    assert await queued(redis) == {str(RETRY)}
    assert "nothing to do" in (await requeue(store, DELIVERY.id, NOW))[0]
