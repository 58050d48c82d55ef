"""A notice is sent only while the failure that it reports lasts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from itertools import count

import pytest
from redis.asyncio import Redis

from bot.delivery.notice import notices_about
from bot.delivery.requeue import requeue
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeadLetter, Delivery, DeliveryState, EventState
from bot.store.change import Change
from bot.store.queue import QUEUE, JobId
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.factories import NOW, make_event, seconds
from tests.run_jobs import delivery_job, event_job, report_job, run_all, run_job
from tests.stored_events import accept, deliveries_of, read

REFUSED = HttpFault.error("channel_not_found")
POST = "chat.postMessage"


@pytest.fixture
async def jobs(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> AsyncIterator[WorkerTasks]:
    """Jobs with a clock that advances by a second on each reading."""
    settings = make_settings(
        SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url, EMAIL_TO="", EMAIL_ALERT_TO=""
    )
    ticks = count()
    built = build_jobs(settings)

    def clock() -> datetime:
        return NOW + seconds(next(ticks))

    yield replace(built, clock=clock, attempts=replace(built.attempts, clock=clock))
    await built.close()


async def run_jobs(jobs: WorkerTasks, *job_ids: JobId) -> None:
    for job in job_ids:
        assert await jobs.store.redis.zscore(QUEUE, str(job)) is not None, f"no job {job}"
        await run_job(jobs, job)


async def of_event(jobs: WorkerTasks) -> tuple[list[Delivery], list[Delivery]]:
    """The event's deliveries, and the notices."""
    found = await deliveries_of(jobs.store, "evt_1")
    return [d for d in found if not d.is_notice], [d for d in found if d.is_notice]


async def test_a_requeue_delivers_the_message_and_not_its_notice(
    jobs: WorkerTasks, slack_api: LocalSlack
) -> None:
    """Slack refuses the message and its notice, and accepts both the second time."""
    slack_api.plan_faults(POST, [REFUSED, REFUSED])
    await accept(jobs.store)
    await run_all(jobs)
    assert slack_api.posts == []
    [message], [notice] = await of_event(jobs)
    await requeue(jobs.store, "evt_1", NOW)
    await run_jobs(jobs, *(delivery_job(d.id) for d in (message, notice)))
    await run_all(jobs)
    assert [post.channel for post in slack_api.posts] == ["C0RECRUIT"]
    [message], [notice] = await of_event(jobs)
    assert message.state is DeliveryState.SENT
    assert (notice.state, notice.reason) == (
        DeliveryState.SKIPPED,
        "resolved: the delivery is sent by now",
    )


async def test_a_waiting_notice_is_skipped_once_its_message_is_retried(
    jobs: WorkerTasks, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [REFUSED, HttpFault.status(503)])
    await accept(jobs.store)
    await run_jobs(jobs, event_job())
    [message], _ = await of_event(jobs)
    await run_jobs(jobs, report_job("evt_1", message.id))
    _, [notice] = await of_event(jobs)
    assert notice.state is DeliveryState.RETRYING
    await requeue(jobs.store, message.id, NOW)
    await run_jobs(jobs, delivery_job(notice.id))
    assert (await of_event(jobs))[1][0].reason == "resolved: the delivery is retrying by now"
    assert slack_api.posts == []


async def test_a_message_that_fails_again_is_reported_again_once(
    jobs: WorkerTasks, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [REFUSED, REFUSED, REFUSED])
    await accept(jobs.store)
    await run_all(jobs)
    [message], [notice] = await of_event(jobs)
    await requeue(jobs.store, "evt_1", NOW)
    await run_jobs(jobs, *(delivery_job(d.id) for d in (message, notice)))
    await run_all(jobs)
    assert [post.channel for post in slack_api.posts] == ["C0ALERTS"]
    [message], [first, second] = await of_event(jobs)
    assert message.state is DeliveryState.FAILED
    assert (first.state, second.state) == (DeliveryState.SKIPPED, DeliveryState.SENT)
    assert first.reason == (
        "resolved: the delivery was tried again, and another notice tells how that failed"
    )


async def test_an_event_that_was_requeued_is_not_reported(
    jobs: WorkerTasks, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [HttpFault.status(503)])
    await accept(jobs.store, make_event(data={}))
    await run_jobs(jobs, event_job(), report_job())
    _, [notice] = await of_event(jobs)
    await requeue(jobs.store, "evt_1", NOW)
    await run_jobs(jobs, delivery_job(notice.id))
    assert (await of_event(jobs))[1][0].reason == "resolved: the event is accepted by now"
    assert slack_api.posts == []


async def test_an_event_that_is_still_a_dead_letter_is_reported(
    jobs: WorkerTasks, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [HttpFault.status(503), HttpFault.status(503)])
    await accept(jobs.store, make_event(data={}))
    await run_all(jobs)
    assert [post.channel for post in slack_api.posts] == ["C0ALERTS"]
    assert (await read(jobs.store)).state is EventState.DEAD


async def write_notices(jobs: WorkerTasks, dead: Delivery) -> None:
    """Leave what a worker leaves that is killed between writing the notices and sending them."""
    change = Change(await read(jobs.store), NOW)
    for notice in notices_about(change.stored, DeadLetter("evt_1", dead.id), jobs.recipients, {}):
        change.put(notice)
    await jobs.store.commits.apply(change)


@pytest.mark.parametrize(
    ("faults", "states"),
    [
        ([REFUSED], [DeliveryState.SKIPPED]),
        ([REFUSED, REFUSED], [DeliveryState.SKIPPED, DeliveryState.SENT]),
    ],
    ids=["delivered", "failed again"],
)
async def test_a_notice_written_by_a_killed_worker_does_not_stay_pending(
    jobs: WorkerTasks, slack_api: LocalSlack, faults: list[HttpFault], states: list[DeliveryState]
) -> None:
    """The message was requeued before the job of the notice ran again."""
    slack_api.plan_faults(POST, faults)
    await accept(jobs.store)
    await run_jobs(jobs, event_job())
    [message], _ = await of_event(jobs)
    await write_notices(jobs, message)
    await requeue(jobs.store, "evt_1", NOW)
    await run_jobs(jobs, delivery_job(message.id))
    await run_all(jobs)
    _, notices = await of_event(jobs)
    assert [notice.state for notice in notices] == states
    assert notices[0].reason.startswith("resolved: ")
