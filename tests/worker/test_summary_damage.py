"""Summaries whose deliveries have failed before, were interrupted, or are damaged in Redis."""

import json
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bot.delivery.requeue import requeue
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.model import DeadLetter, DeliveryState
from bot.store import keys
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW, SLACK, seconds
from tests.run_jobs import run_all, run_job
from tests.stored_events import apply, deliveries_of
from tests.worker.quiet_hours import MORNING, SEND_WAITING, at, handle, search

POST = "chat.postMessage"


async def tried_often(tasks: WorkerTasks, event_id: str, attempts: int = 8) -> None:
    """Have the held delivery of an event look as if it had failed often before."""
    [held] = await deliveries_of(tasks.store, event_id)
    await apply(tasks.store, lambda c: c.put(replace(held, attempts=attempts)), event_id)


async def test_attempts_of_before_do_not_count_for_the_summary(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await handle(quiet, search(1), search(2))
    await tried_often(quiet, "evt_1")
    slack_api.plan_faults(POST, [HttpFault.status(503)])
    await run_job(at(quiet, MORNING), SEND_WAITING)
    states = [d.state for d in await deliveries_of(quiet.store, "evt_1", "evt_2")]
    assert states == [DeliveryState.RETRYING] * 2


async def test_a_summary_that_is_given_up_leaves_the_others_alone(
    quiet: WorkerTasks, slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await handle(quiet, search(1), search(2))

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(quiet.summaries), "_settle", killed)
    with pytest.raises(KeyboardInterrupt):
        await run_job(at(quiet, MORNING), SEND_WAITING)
    monkeypatch.undo()
    for event_id in ("evt_1", "evt_2"):
        [begun] = await deliveries_of(quiet.store, event_id)
        await apply(quiet.store, lambda c, d=begun: c.put(replace(d, attempts=9)), event_id)  # type: ignore[misc]  # mypy cannot infer the default
    await handle(quiet, search(3))
    await run_job(at(quiet, MORNING), SEND_WAITING)
    await run_all(at(quiet, MORNING))
    found = await deliveries_of(quiet.store, "evt_1", "evt_2", "evt_3")
    first, second, third = [d for d in found if not d.is_notice]
    assert [d.state for d in (first, second)] == [DeliveryState.FAILED] * 2
    assert first.maybe_delivered
    assert third.state is DeliveryState.SENT


async def test_what_a_summary_brought_is_not_sent_again_by_hand(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await handle(quiet, search(1), search(2))
    slack_api.plan_faults(POST, [HttpFault.lost_reply()])
    await run_job(at(quiet, MORNING), SEND_WAITING)
    for event_id in ("evt_1", "evt_2"):
        [lost] = await deliveries_of(quiet.store, event_id)
        failed = replace(lost, state=DeliveryState.FAILED, next_at=None)
        await apply(quiet.store, lambda c, d=failed: c.put(d), event_id)  # type: ignore[misc]  # mypy cannot infer the default
        await requeue(quiet.store, event_id, MORNING)
    await run_all(at(quiet, MORNING + seconds(60)))
    assert len(slack_api.posts) == 1
    states = {d.state for d in await deliveries_of(quiet.store, "evt_1", "evt_2")}
    assert states == {DeliveryState.SENT}


async def test_a_damaged_delivery_that_waits_is_a_dead_letter(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1), search(2))
    [held] = await deliveries_of(quiet.store, "evt_1")
    await redis.hset(keys.event("evt_1"), held.id, "{")  # type: ignore[misc]  # redis-py's types
    await run_all(at(quiet, MORNING))
    assert len(slack_api.posts) == 1
    assert DeadLetter("evt_1", held.id) in await quiet.store.dead_letters(NOW)


async def test_a_damaged_event_that_waits_is_a_dead_letter(
    quiet: WorkerTasks, redis: Redis
) -> None:
    await handle(quiet, search(1))
    await redis.hset(keys.event("evt_1"), "event", "{")  # type: ignore[misc]  # redis-py's types
    await run_job(at(quiet, MORNING), SEND_WAITING)
    await run_all(at(quiet, MORNING))
    assert DeadLetter("evt_1") in await quiet.store.dead_letters(NOW)


async def test_what_no_longer_stands_for_a_delivery_does_not_hide_the_others(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1))
    stale: dict[str | bytes, float] = {f"dlv_{i}:gone": i for i in range(1_000)}
    await redis.zadd(keys.waiting(str(SLACK)), {**stale, b"\xff": 0, json.dumps([1]): 0})  # type: ignore[arg-type]  # bytes are fine
    await run_all(at(quiet, MORNING))
    assert len(slack_api.posts) == 1
    assert await redis.zcard(keys.waiting(str(SLACK))) == 0
