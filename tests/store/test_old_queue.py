"""The queue of release 0.3.0: its jobs are taken over, unless they are running."""

from redis.asyncio import Redis

from bot.store import Store, keys
from bot.store.queue import OLD_LEASE_KEY, OLD_QUEUE, QUEUE
from tests.factories import NOW, body_of, make_event
from tests.queue_times import now_ms

JOB = "handle_event:evt_1"


async def queued(redis: Redis) -> set[str]:
    return {raw.decode() for raw in await redis.zrange(QUEUE, 0, -1)}


async def test_jobs_of_release_0_3_0_are_taken_over(store: Store, redis: Redis) -> None:
    due = await now_ms(redis) + 60_000
    ours = {JOB: due, "retry_delivery:dlv_1": due + 1, "report_dead_letter:event:evt_9": due + 2}
    await redis.zadd(OLD_QUEUE, {**ours, "send_invoice": due, "handle_eventually:x": due})
    await store.reconciliation.run(NOW)
    assert dict(await redis.zrange(QUEUE, 0, -1, withscores=True)) == {
        name.encode(): score for name, score in ours.items()
    }
    assert set(await redis.zrange(OLD_QUEUE, 0, -1)) == {b"send_invoice", b"handle_eventually:x"}


async def test_a_job_that_release_0_3_0_runs_is_left_to_it(store: Store, redis: Redis) -> None:
    await redis.zadd(OLD_QUEUE, {JOB: 1})
    await redis.set(OLD_LEASE_KEY + JOB, "its owner", px=15_000)
    await redis.delete(keys.UNFINISHED)
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    await redis.zrem(QUEUE, JOB)
    await redis.delete(keys.UNFINISHED)
    assert await store.reconciliation.run(NOW) == []
    assert await queued(redis) == set()
    await redis.delete(OLD_LEASE_KEY + JOB)
    await store.reconciliation.run(NOW)
    assert await queued(redis) == {JOB}
