"""A failure notice in Slack says what became of the failure once there was a retry."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.delivery.requeue import requeue
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_kit import block_errors
from bot.fakes.slack.workspace import Post
from bot.fakes.smtp import Inbox
from bot.model import Delivery, DeliveryState, EventState, Transport
from bot.model.subscription import Mute, Place
from bot.store.commit import Commits
from bot.store.queue import QUEUE, JobId, Task
from bot.transports.slack.sender import SlackSender
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW, make_event, seconds
from tests.run_jobs import delivery_job, run_all, run_job, unfinished
from tests.stored_events import accept, apply, dead_letter, deliveries_of, is_to, read
from tests.worker.quiet_hours import at, choose

POST, UPDATE = "chat.postMessage", "chat.update"
REFUSED = HttpFault.error("channel_not_found")
UPDATE_JOB = JobId(Task.NOTICE, "evt_1")


def notice(slack_api: LocalSlack) -> Post:
    """Return the first notice as it is now."""
    return slack_api.workspace.conversations["C0ALERTS"].posts[0]


async def failed(tasks: WorkerTasks, slack_api: LocalSlack) -> Delivery:
    """Have the message to Slack fail, and the operators notified."""
    slack_api.plan_faults(POST, [REFUSED])
    await accept(tasks.store)
    await run_all(tasks)
    assert notice(slack_api).text.startswith("Not delivered: search.completed")
    [found] = [
        d for d in await deliveries_of(tasks.store, "evt_1") if d.state is DeliveryState.FAILED
    ]
    return found


async def test_a_notice_is_updated_once_the_retry_was_sent(
    tasks: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await failed(tasks, slack_api)
    await requeue(tasks.store, "evt_1", NOW)
    await run_all(tasks)
    updated = notice(slack_api)
    assert updated.text == "Sent after retry: search.completed to slack:C0RECRUIT"
    assert block_errors(updated.blocks) == []
    assert "Retry" not in [
        e["text"]["text"] for b in updated.blocks if b["type"] == "actions" for e in b["elements"]
    ]
    assert [post.channel for post in slack_api.posts] == ["C0ALERTS", "C0RECRUIT"]
    assert await unfinished(redis) == set()


async def test_it_is_updated_once(tasks: WorkerTasks, slack_api: LocalSlack) -> None:
    await failed(tasks, slack_api)
    await requeue(tasks.store, "evt_1", NOW)
    await run_all(tasks)
    await run_job(tasks, UPDATE_JOB)
    assert len(slack_api.calls(UPDATE)) == 1


async def test_a_message_that_is_sent_at_once_needs_no_update(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await accept(tasks.store)
    await run_all(tasks)
    assert slack_api.calls(UPDATE) == []


async def test_a_notice_by_email_stays(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await failed(tasks, slack_api)
    before = len(inbox.mails)
    await requeue(tasks.store, "evt_1", NOW)
    await run_all(tasks)
    assert len(inbox.mails) == before
    mails = [
        d for d in await deliveries_of(tasks.store, "evt_1") if "example.com" in str(d.destination)
    ]
    assert [d.shown for d in mails] == ["", ""]


async def test_a_retry_that_fails_has_a_notice_of_its_own(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await failed(tasks, slack_api)
    slack_api.plan_faults(POST, [REFUSED])
    await requeue(tasks.store, "evt_1", NOW)
    later = at(tasks, NOW + seconds(60))
    await run_all(later)
    first, second = slack_api.workspace.conversations["C0ALERTS"].posts
    assert first.text.startswith("Failed again after retry: search.completed")
    assert second.text.startswith("Not delivered: search.completed")
    await requeue(tasks.store, "evt_1", NOW)
    await run_all(at(tasks, NOW + seconds(120)))
    first, second = slack_api.workspace.conversations["C0ALERTS"].posts
    assert first.text.startswith("Sent after retry")
    assert second.text.startswith("Sent after retry")


async def test_the_notice_about_a_dead_event_is_updated(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await accept(tasks.store)
    await dead_letter(tasks.store)
    await run_all(tasks)
    assert notice(slack_api).text.startswith("Not handled: search.completed")
    await requeue(tasks.store, "evt_1", NOW)
    await run_all(tasks)
    assert (await read(tasks.store)).state is EventState.HANDLED
    assert notice(slack_api).text == "Sent after retry: search.completed"


async def test_a_dead_event_that_notifies_nobody_is_handled(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    event = make_event("evt_1", "quota.warning", data={"usage": 10, "limit": 100})
    await accept(tasks.store, event)
    await dead_letter(tasks.store)
    await run_all(tasks)
    await requeue(tasks.store, "evt_1", NOW)
    await run_all(tasks)
    assert notice(slack_api).text == "Handled after retry: quota.warning"


async def test_a_delivery_that_is_not_to_be_sent_any_more_is_told(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await failed(tasks, slack_api)
    await requeue(tasks.store, "evt_1", NOW)
    await choose(tasks, Place(mutes=(Mute(NOW, None, "U1"),)))
    await run_all(tasks)
    assert notice(slack_api).text.startswith("Not sent any more: search.completed")
    assert "muted" in str(notice(slack_api).blocks)


async def resent(tasks: WorkerTasks, slack_api: LocalSlack) -> None:
    """Retry the message, and leave the update of its notice to be done."""
    delivery = await failed(tasks, slack_api)
    await requeue(tasks.store, "evt_1", NOW)
    await run_job(tasks, delivery_job(delivery.id))
    assert await tasks.store.redis.zscore(QUEUE, str(UPDATE_JOB)) is not None


@pytest.mark.parametrize("killed_in", ["update", "apply"], ids=["before it", "after it"])
async def test_a_worker_that_is_killed_around_the_update_loses_nothing(
    tasks: WorkerTasks,
    slack_api: LocalSlack,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    killed_in: str,
) -> None:
    await resent(tasks, slack_api)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    owner = SlackSender if killed_in == "update" else Commits
    monkeypatch.setattr(owner, killed_in, killed)
    with pytest.raises(KeyboardInterrupt):
        await run_job(tasks, UPDATE_JOB)
    monkeypatch.undo()
    await run_job(tasks, UPDATE_JOB)  # once its lease has expired
    assert notice(slack_api).text.startswith("Sent after retry")
    assert await unfinished(redis) == set()
    assert len(slack_api.posts) == 2


@pytest.mark.parametrize(
    "fault",
    [HttpFault.status(503), HttpFault.rate_limited(7), HttpFault.dropped(), HttpFault.lost_reply()],
    ids=["error page", "rate limited", "lost connection", "lost reply"],
)
async def test_an_update_that_fails_is_tried_again(
    tasks: WorkerTasks, slack_api: LocalSlack, redis: Redis, fault: HttpFault
) -> None:
    await resent(tasks, slack_api)
    slack_api.plan_faults(UPDATE, [fault])
    before = await redis.time()
    await run_job(tasks, UPDATE_JOB)
    due = await redis.zscore(QUEUE, str(UPDATE_JOB))
    assert due is not None
    assert due / 1000 - before[0] >= (7 if fault.retry_after else 1)
    await run_all(tasks)
    assert notice(slack_api).text.startswith("Sent after retry")
    assert len(slack_api.calls(UPDATE)) == 2


async def test_after_a_day_it_is_given_up(
    tasks: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await resent(at(tasks, NOW), slack_api)
    slack_api.plan_faults(UPDATE, [HttpFault.status(503)] * 3)
    for hours in (0, 23, 25):
        await run_job(at(tasks, NOW + timedelta(hours=hours)), UPDATE_JOB)
    assert await unfinished(redis) == set()
    assert len(slack_api.calls(UPDATE)) == 3


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "is_archived"])
async def test_a_notice_that_cannot_be_edited_is_left(
    tasks: WorkerTasks, slack_api: LocalSlack, redis: Redis, error: str
) -> None:
    await resent(tasks, slack_api)
    slack_api.plan_faults(UPDATE, [HttpFault.error(error)])
    await run_all(tasks)
    await run_job(tasks, UPDATE_JOB)
    assert len(slack_api.calls(UPDATE)) == 1
    assert await unfinished(redis) == set()


async def set_notice(tasks: WorkerTasks, **values: Any) -> None:
    [found] = [
        d
        for d in await deliveries_of(tasks.store, "evt_1")
        if d.is_notice and is_to(d, Transport.SLACK)
    ]
    await apply(tasks.store, lambda change: change.put(replace(found, **values)))


async def test_a_notice_that_is_just_being_sent_is_waited_for(
    tasks: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await resent(tasks, slack_api)
    await set_notice(tasks, state=DeliveryState.SENDING)
    await run_job(tasks, UPDATE_JOB)
    assert slack_api.calls(UPDATE) == []
    assert await redis.zscore(QUEUE, str(UPDATE_JOB)) is not None
    await set_notice(tasks, state=DeliveryState.SENT)
    await run_all(tasks)
    assert notice(slack_api).text.startswith("Sent after retry")


async def test_a_notice_in_a_summary_stays(tasks: WorkerTasks, slack_api: LocalSlack) -> None:
    await resent(tasks, slack_api)
    await set_notice(tasks, message="msg_1")
    await run_all(tasks)
    assert slack_api.calls(UPDATE) == []
