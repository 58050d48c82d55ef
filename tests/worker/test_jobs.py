"""The worker's jobs, also for events whose handler fails or that have no recipients."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.delivery.notifications import Notifications
from bot.delivery.recipients import Recipients
from bot.delivery.requeue import requeue
from bot.errors import LeaseLost
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import (
    Audience,
    DeliveryState,
    EventState,
    Handler,
    Intent,
    Payload,
    Policy,
)
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import End
from bot.store.queue import JobId
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW, make_event, seconds
from tests.queue_times import is_due_in
from tests.run_jobs import delivery_job, event_job, report_job, run_job, take, take_job, unfinished
from tests.stored_events import accept, deliveries_of, read

POST = "chat.postMessage"


class AnyData(Payload):
    """Data without fields."""


def with_handler(tasks: WorkerTasks, handle: Any) -> WorkerTasks:
    handler = Handler("search.completed", AnyData, {}, handle)
    return replace(tasks, notifications=Notifications(lambda _: handler, Policy()))


def failing(*_: object) -> list[Intent]:
    raise RuntimeError("the handler's error")


async def state_of(store: Store) -> tuple[EventState, str]:
    stored = await read(store)
    return stored.state, stored.reason


async def test_a_failing_handler_runs_three_times_and_its_error_is_kept(tasks: WorkerTasks) -> None:
    broken = with_handler(tasks, failing)
    await accept(tasks.store)
    for delay in (1, 2):
        await run_job(broken, event_job())
        assert await is_due_in(tasks.store.redis, str(event_job()), seconds(delay))
    await run_job(broken, event_job())
    assert await state_of(tasks.store) == (
        EventState.DEAD,
        "its handler failed 3 times: RuntimeError: the handler's error",
    )


async def test_a_handler_may_succeed_on_its_second_run(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await accept(tasks.store)
    await run_job(with_handler(tasks, failing), event_job())
    await run_job(tasks, event_job())
    assert (await state_of(tasks.store))[0] is EventState.HANDLED
    assert len(slack_api.posts) == 1


async def test_a_task_of_a_newer_release_runs_again_a_minute_later(tasks: WorkerTasks) -> None:
    await accept(tasks.store)
    assert await run_job(tasks, JobId("new_task", "evt_1")) == End(timedelta(minutes=1))


async def test_a_second_run_after_a_crash_sends_what_is_left(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    """The first run was killed between the Slack message and the mail."""
    await accept(tasks.store)
    await run_job(tasks, event_job())
    change = Change(await read(tasks.store), NOW)
    _, mail = change.stored.deliveries
    change.put(replace(mail, state=DeliveryState.PENDING, attempts=0))
    await tasks.store.commits.apply(change)
    await run_job(tasks, event_job())
    assert len(slack_api.calls(POST)) == 1
    assert len(inbox.mails) == 2


async def test_a_second_run_after_everything_was_sent_sends_nothing(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox, redis: Redis
) -> None:
    await accept(tasks.store)
    for _ in range(2):
        await run_job(tasks, event_job())
    assert (len(slack_api.calls(POST)), len(inbox.mails)) == (1, 1)
    assert await unfinished(redis) == set()


async def test_a_second_run_leaves_a_delivery_to_its_retry(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [HttpFault.status(503)])
    await accept(tasks.store)
    await run_job(tasks, event_job())
    await run_job(tasks, event_job())
    assert len(slack_api.calls(POST)) == 1
    [post, _] = await deliveries_of(tasks.store, "evt_1")
    assert post.state is DeliveryState.RETRYING


async def test_a_requeued_dead_letter_is_not_reported(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [HttpFault.error("not_in_channel")])
    await accept(tasks.store)
    await run_job(tasks, event_job())
    [post, _] = await deliveries_of(tasks.store, "evt_1")
    await requeue(tasks.store, post.id, NOW)
    await run_job(tasks, report_job("evt_1", post.id))
    assert len(slack_api.calls(POST)) == 1


async def test_a_job_without_its_lease_sends_nothing_and_raises(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await accept(tasks.store)
    running = await take(tasks, event_job())
    await take_job(tasks.store, event_job())  # by another worker
    with pytest.raises(LeaseLost):
        await tasks.run(running)
    assert slack_api.calls(POST) == []
    assert inbox.mails == []


async def test_a_report_that_runs_twice_notifies_once(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await accept(tasks.store, make_event(data={}))
    await run_job(tasks, event_job())
    for _ in range(2):
        await run_job(tasks, report_job())
    assert [p.channel for p in slack_api.posts] == ["C0ALERTS"]
    assert len(inbox.mails) == 1


async def test_a_notice_that_cannot_be_delivered_is_not_reported(
    tasks: WorkerTasks, redis: Redis, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(POST, [HttpFault.error("channel_not_found")])
    await accept(tasks.store, make_event(data={}))
    await run_job(tasks, event_job())
    assert await unfinished(redis) == {str(report_job())}
    await run_job(tasks, report_job())
    assert await unfinished(redis) == set()


async def test_a_notice_about_an_event_whose_data_does_not_fit_is_retried(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    """The event's handler is not asked again."""
    slack_api.plan_faults(POST, [HttpFault.status(503)])
    await accept(tasks.store, make_event(data={}))
    await run_job(tasks, event_job())
    await run_job(tasks, report_job())
    notice, _ = await deliveries_of(tasks.store, "evt_1")
    await run_job(tasks, delivery_job(notice.id))
    await run_job(tasks, event_job())  # an old job of an event that is a dead letter by now
    assert [p.channel for p in slack_api.posts] == ["C0ALERTS"]


async def test_a_notification_without_recipients_is_recorded_as_skipped(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    without_operators = Recipients({Audience.OPERATORS: ()})
    await accept(
        tasks.store, make_event(event_type="quota.warning", data={"usage": 840, "limit": 1000})
    )
    await run_job(replace(tasks, recipients=without_operators), event_job())
    [delivery] = await deliveries_of(tasks.store, "evt_1")
    assert delivery.destination is None
    assert delivery.state == "skipped"
    assert delivery.reason == "no destination is set for operators"
    assert (await state_of(tasks.store))[0] is EventState.HANDLED
    assert slack_api.calls(POST) == []
    assert inbox.mails == []


async def test_a_record_is_never_dated_in_the_future(tasks: WorkerTasks) -> None:
    quota = {"usage": 10, "limit": 100}
    far = datetime(2999, 1, 1, tzinfo=UTC)
    await accept(tasks.store, make_event(event_type="quota.warning", timestamp=far, data=quota))
    await run_job(tasks, event_job())
    known = await tasks.store.records.get("quota", "latest")
    assert known is not None
    assert known.at == NOW
