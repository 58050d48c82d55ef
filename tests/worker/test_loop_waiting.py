"""A waiting worker is woken at once, for as many jobs as it has room for, and costs little meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Monitor

from bot.clock import utc_now
from bot.fakes.redis_server import RedisServer
from bot.store import Store, keys
from bot.store.change import Change
from bot.store.commit import DONE, End
from bot.store.connection import connect
from bot.store.job_queue import Taken
from bot.store.queue import HEARTBEAT, JOBS, QUEUE, WAKE
from bot.worker.loop import Worker
from bot.worker.running import RunningJob
from tests.factories import seconds
from tests.polling import until
from tests.run_jobs import event_job, no_job_is_left
from tests.scripted_jobs import (
    JOB,
    NEVER_POLLS,
    QUICK,
    ScriptedTasks,
    accept,
    waiting_workers,
    working,
)
from tests.stored_events import read


@pytest.fixture
async def idle(jobs: ScriptedTasks, redis: Redis) -> AsyncIterator[Worker]:
    """A worker that waits for a job, and would for an hour."""
    async with working(jobs, NEVER_POLLS) as worker:
        await until(lambda: waits(redis))
        yield worker


async def waits(redis: Redis, count: int = 1) -> bool:
    return await waiting_workers(redis) == count


async def ran(jobs: ScriptedTasks, count: int) -> bool:
    return len(jobs.runs) == count


async def test_a_job_that_is_enqueued_wakes_a_waiting_worker(
    idle: Worker, jobs: ScriptedTasks, redis: Redis
) -> None:
    for number in range(3):
        await accept(jobs.store, f"evt_{number}")
        await until(lambda count=number + 1: ran(jobs, count))
        await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_0", "evt_1", "evt_2"]


async def test_a_job_that_is_due_later_runs_as_soon_as_it_is_due(
    idle: Worker, jobs: ScriptedTasks, redis: Redis
) -> None:
    """Enqueued by the job itself, or by another process."""
    jobs.script = [End(timedelta(milliseconds=100))]
    await accept(jobs.store)
    await until(lambda: ran(jobs, 2))
    await until(lambda: no_job_is_left(redis))
    change = Change(await read(jobs.store), utc_now())
    change.enqueue(event_job(), timedelta(milliseconds=100))
    await jobs.store.commits.apply(change)
    await until(lambda: ran(jobs, 3))


async def test_a_worker_that_starts_takes_the_jobs_that_wait_for_it(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    await accept(jobs.store)
    await redis.delete(WAKE)
    async with working(jobs, NEVER_POLLS):
        await jobs.ran.wait()


async def test_a_job_whose_wake_up_was_lost_is_found_at_the_next_heartbeat(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """The worker that was woken for it has been killed."""
    async with working(jobs, replace(NEVER_POLLS, heartbeat_interval=QUICK)):
        await until(lambda: waits(redis))
        await redis.zadd(JOBS, {JOB: 1})
        await redis.zadd(QUEUE, {JOB: 1})
        await jobs.ran.wait()


class Batches:
    """Jobs that wait until the test lets them finish, and how many are taken and run at a time."""

    def __init__(self, jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_finish = asyncio.Event()
        self.taken: list[int] = []
        self.running = self.most = 0
        take = jobs.store.queue.take

        async def record(*args: Any) -> Taken:
            taken = await take(*args)
            self.taken.append(len(taken.jobs))
            return taken

        monkeypatch.setattr(jobs.store.queue, "take", record)

    async def run(self, _: RunningJob) -> End:
        self.running += 1
        self.most = max(self.most, self.running)
        await self.may_finish.wait()
        self.running -= 1
        return DONE


async def test_50_jobs_are_taken_in_one_call_and_the_next_ones_when_there_is_room(
    jobs: ScriptedTasks, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [f"evt_{n:03}" for n in range(120)]
    for event_id in events:
        await accept(jobs.store, event_id)
    batches = Batches(jobs, monkeypatch)
    jobs.script = [batches.run] * len(events)
    async with working(jobs, NEVER_POLLS):
        await until(lambda: ran(jobs, 50))
        batches.may_finish.set()
        await until(lambda: no_job_is_left(redis))
    assert batches.taken[0] == batches.most == 50
    assert sorted(jobs.runs) == events


async def test_a_full_worker_leaves_the_rest_to_one_that_waits(
    jobs: ScriptedTasks, store: Store, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ScriptedTasks(Store(redis, retention=store.retention))
    async with working(other, NEVER_POLLS):
        await until(lambda: waits(redis))
        for number in range(60):
            await redis.zadd(JOBS, {str(event_job(f"evt_{number:03}")): 1})
            await redis.zadd(QUEUE, {str(event_job(f"evt_{number:03}")): 1})
        batches = Batches(jobs, monkeypatch)
        jobs.script = [batches.run] * 50
        async with working(jobs, NEVER_POLLS):
            await until(lambda: ran(other, 10))
            batches.may_finish.set()
    assert len(jobs.runs) == 50


async def test_jobs_whose_ids_are_not_readable_hold_up_no_other(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """As many as a worker takes at once."""
    await redis.zadd(QUEUE, {f"unreadable {number}": 1 for number in range(60)})
    await redis.zadd(QUEUE, {JOB: 2})
    async with working(jobs, NEVER_POLLS):
        await jobs.ran.wait()
        await until(lambda: no_job_is_left(redis))


async def test_an_idle_worker_sends_nothing_between_its_heartbeats(
    idle: Worker, redis: Redis
) -> None:
    await asyncio.sleep(0.1)  # the wait in which nothing must happen
    before = await commands(redis)
    await asyncio.sleep(0.3)
    assert await commands(redis) == before


async def commands(redis: Redis) -> dict[str, int]:
    """Return how often each command was called, without those that count them."""
    stats = await redis.info("commandstats")
    return {name: found["calls"] for name, found in stats.items() if name != "cmdstat_info"}


async def test_an_idle_worker_sends_two_commands_in_each_heartbeat_interval(
    jobs: ScriptedTasks, redis: Redis, redis_process: RedisServer
) -> None:
    """It leaves a heartbeat, and waits for a job again. BLPOP takes whole seconds only."""
    interval = timedelta(seconds=1)
    await redis.set(keys.RECONCILED, "1", ex=3_600)  # reconciling takes commands of its own
    observer = connect(redis_process.url, timeout=seconds(60))
    async with working(jobs, replace(NEVER_POLLS, heartbeat_interval=interval)):
        await until(lambda: waits(redis))
        async with observer.monitor() as monitor:
            sent = [await next_of_a_client(monitor)]
            while [name for name, _ in sent].count("EVALSHA") < 4:
                sent.append(await next_of_a_client(monitor))
    await observer.aclose()
    found = Counter(name for name, _ in sent)
    assert set(found) == {"EVALSHA", "BLPOP"}
    assert abs(found["EVALSHA"] - found["BLPOP"]) <= 1, "their timers are not the same"
    intervals = (sent[-1][1] - sent[0][1]) / interval.total_seconds()
    assert len(sent) <= 2 * (intervals + 2), "more often than once in an interval"


async def next_of_a_client(monitor: Monitor) -> tuple[str, float]:
    """Return the name of the next command that no script called, and when Redis received it."""
    while (seen := await monitor.next_command())["client_type"] == "lua":
        pass
    return seen["command"].split()[0], seen["time"]


async def test_a_worker_stops_at_once_while_it_waits(idle: Worker, redis: Redis) -> None:
    idle.stop()
    await until(lambda: waits(redis, 0))


async def test_a_worker_that_was_woken_and_stops_wakes_another_one(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """It leaves heartbeat and reconciliation alone: the other workers need them."""
    await accept(jobs.store)
    await redis.delete(WAKE)
    worker = Worker(jobs.as_tasks, timings=NEVER_POLLS)
    worker.stop()
    await worker.run()
    assert jobs.runs == []
    assert await redis.llen(WAKE) == 1
    assert await redis.exists(HEARTBEAT, keys.RECONCILED) == 0


async def test_a_worker_that_stops_wakes_nobody_if_nothing_is_due(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    worker = Worker(jobs.as_tasks, timings=NEVER_POLLS)
    worker.stop()
    await worker.run()
    assert await redis.exists(WAKE) == 0
