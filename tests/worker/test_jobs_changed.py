"""Jobs about events that are deleted, changed or damaged by the time that they run."""

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.model import (
    DeadLetter,
    EventState,
)
from bot.store import keys
from bot.store.change import Change
from bot.store.commit import DONE
from bot.store.queue import JobId
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW
from tests.run_jobs import delivery_job, event_job, report_job, run_job, take, unfinished
from tests.stored_events import accept, deliveries_of, read

POST = "chat.postMessage"


@pytest.mark.parametrize(
    "job",
    [event_job(), delivery_job("dlv_none"), report_job(), report_job("evt_1", "dlv_none")],
    ids=str,
)
async def test_an_event_that_is_no_longer_kept_is_no_error(
    tasks: WorkerTasks, redis: Redis, job: JobId
) -> None:
    assert await run_job(tasks, job) == DONE
    assert await unfinished(redis) == set()


@pytest.mark.parametrize(
    "job", [delivery_job("dlv_none"), report_job(), report_job("evt_1", "dlv_none")], ids=str
)
async def test_a_delivery_that_is_no_longer_kept_is_no_error(
    tasks: WorkerTasks, redis: Redis, job: JobId
) -> None:
    await accept(tasks.store)
    await run_job(tasks, event_job())
    await run_job(tasks, job)
    assert await unfinished(redis) == set()


async def test_an_unreadable_event_is_a_dead_letter_and_reported_once(
    tasks: WorkerTasks, redis: Redis, slack_api: LocalSlack
) -> None:
    await accept(tasks.store)
    await redis.hset(keys.event("evt_1"), "body", "{")
    await run_job(tasks, event_job())
    assert await tasks.store.dead_letters(NOW) == [DeadLetter("evt_1")]
    assert await unfinished(redis) == {str(report_job())}
    await run_job(tasks, report_job())
    [notice] = slack_api.posts
    assert notice.channel == "C0ALERTS"
    assert "event evt_1 is not readable in Redis" in str(notice.blocks)
    assert await unfinished(redis) == set()


async def test_an_event_that_changes_while_its_job_begins_is_handled_as_it_is_then(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    """The job has the event as it was taken; since then, a run that lost its lease has settled it."""
    await accept(tasks.store)
    running = await take(tasks, event_job())
    change = Change(await read(tasks.store), NOW)
    change.conclude(EventState.HANDLED)
    await tasks.store.commits.apply(change)
    assert await tasks.run(running) is None
    assert slack_api.calls(POST) == []


async def test_an_event_that_is_forgotten_while_its_job_begins_is_not_handled(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await accept(tasks.store)
    running = await take(tasks, event_job())
    await tasks.store.forgetting.forget_event("evt_1", NOW)
    assert await tasks.run(running) == DONE
    assert slack_api.calls(POST) == []
    assert (await read(tasks.store)).state is EventState.FORGOTTEN


async def test_an_unreadable_delivery_is_a_dead_letter(
    tasks: WorkerTasks, redis: Redis, slack_api: LocalSlack
) -> None:
    """Found by the event's job, or by the job that was to retry it."""
    slack_api.plan_faults(POST, [HttpFault.status(503)])
    await accept(tasks.store)
    await run_job(tasks, event_job())
    [post, mail] = await deliveries_of(tasks.store, "evt_1")
    for delivery in (post, mail):
        await redis.hset(keys.event("evt_1"), delivery.id, '{"attempts": "many"}')
    await run_job(tasks, delivery_job(post.id))
    assert await tasks.store.dead_letters(NOW) == [DeadLetter("evt_1", post.id)]
    await run_job(tasks, event_job())
    assert set(await tasks.store.dead_letters(NOW)) == {
        DeadLetter("evt_1", post.id),
        DeadLetter("evt_1", mail.id),
    }
    assert await unfinished(redis) == set()
