"""Two runs that add deliveries to one event at the same time."""

import asyncio

from redis.asyncio import Redis

from bot.fakes.faults import HttpFault, SmtpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import EventState
from bot.store.queue import JOBS
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW
from tests.run_jobs import event_job, report_job, run_job, take
from tests.stored_events import accept, dead_letter, deliveries_of, read


async def test_two_failures_that_are_reported_together_have_notices_of_their_own(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    """Each step of the timeline is about the notice that it belongs to."""
    await accept(tasks.store)
    slack_api.plan_faults("chat.postMessage", [HttpFault.error("channel_not_found")])
    inbox.plan_faults("RCPT", [SmtpFault.reply_with(550)])
    await run_job(tasks, event_job())
    failed = await deliveries_of(tasks.store, "evt_1")
    runs = [await take(tasks, report_job("evt_1", delivery.id)) for delivery in failed]
    assert await asyncio.gather(*map(tasks.run, runs)) == [None, None]
    stored = await read(tasks.store)
    notices = [delivery for delivery in stored.deliveries if delivery.is_notice]
    assert sorted(stored.numbers.values()) == list(range(6))
    for notice in notices:
        steps = [step.what for step in stored.trail if step.delivery_id == notice.id]
        assert steps == ["sending", "sent"]
    assert len(slack_api.posts) == len(inbox.mails) == 2


async def test_an_event_that_is_forgotten_while_its_report_begins_is_not_reported(
    tasks: WorkerTasks, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await accept(tasks.store)
    await dead_letter(tasks.store, reason="it is about a person")
    running = await take(tasks, report_job())
    await tasks.store.forgetting.forget_event("evt_1", NOW)
    end = await tasks.run(running)
    assert end is not None
    await tasks.store.commits.end(running.run, end)
    assert (await read(tasks.store)).state is EventState.FORGOTTEN
    assert await deliveries_of(tasks.store, "evt_1") == []
    assert (slack_api.posts, inbox.mails) == ([], [])
    assert str(report_job()).encode() not in await redis.zrange(JOBS, 0, -1)


async def test_a_job_whose_event_is_another_programs_key_ends(
    tasks: WorkerTasks, redis: Redis
) -> None:
    await accept(tasks.store)
    await redis.delete("juicebox:event:evt_1")
    await redis.set("juicebox:event:evt_1", "a string")
    await run_job(tasks, event_job())
    assert await redis.zrange(JOBS, 0, -1) == []
    assert await redis.get("juicebox:event:evt_1") == b"a string"
