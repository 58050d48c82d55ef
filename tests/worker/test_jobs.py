"""The worker's jobs, also for events that are broken, deleted or without recipients."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.delivery.recipients import SettingsRecipients
from bot.errors import CorruptRecord, LeaseLost, TryAgain
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import Audience, DeadLetter, DeliveryState, EventState, Handler, Intent, Payload
from bot.registry import Registry
from bot.store import Store
from bot.store.leases import Leases
from bot.store.queue import QUEUE
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import Lease
from tests.app import MakeSettings
from tests.factories import NOW, body_of, make_event


@pytest.fixture
async def jobs(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> AsyncIterator[WorkerTasks]:
    built = build_jobs(make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url))
    yield replace(built, clock=lambda: NOW)
    await built.close()


@pytest.fixture
async def lease(redis: Redis) -> Lease:
    return await lease_of(redis, "handle_event:evt_1")


async def lease_of(redis: Redis, job_id: str) -> Lease:
    await redis.zadd(QUEUE, {job_id: 1})
    held = Lease(Leases(redis, 15_000), job_id, 1)
    assert await held.take() is True
    return held


class AnyData(Payload):
    """Data without fields."""


def with_handler(jobs: WorkerTasks, handle: Any) -> WorkerTasks:
    handler = Handler("search.completed", AnyData, {}, handle)
    return replace(jobs, registry=Registry({handler.type: handler}))


def failing(*_: object) -> list[Intent]:
    raise RuntimeError("the handler's error")


async def accept(store: Store, **changes: Any) -> None:
    event = make_event(**changes)
    await store.events.accept(event, body_of(event), NOW)


async def state_of(store: Store) -> tuple[EventState, str]:
    stored = await store.events.get("evt_1")
    assert stored is not None
    return stored.state, stored.reason


async def test_a_failing_handler_runs_three_times_and_its_error_is_kept(
    jobs: WorkerTasks, lease: Lease
) -> None:
    broken = with_handler(jobs, failing)
    await accept(jobs.store)
    delays = []
    for _ in range(2):
        with pytest.raises(TryAgain) as again:
            await broken.handle_event("evt_1", lease)
        delays.append(again.value.after)
    await broken.handle_event("evt_1", lease)
    assert delays == [timedelta(seconds=1), timedelta(seconds=2)]
    assert await state_of(jobs.store) == (
        EventState.DEAD,
        "its handler failed 3 times: RuntimeError: the handler's error",
    )


async def test_a_handler_may_succeed_on_its_second_run(
    jobs: WorkerTasks, lease: Lease, slack_api: LocalSlack
) -> None:
    await accept(jobs.store)
    with pytest.raises(TryAgain):
        await with_handler(jobs, failing).handle_event("evt_1", lease)
    await jobs.handle_event("evt_1", lease)
    assert (await state_of(jobs.store))[0] is EventState.HANDLED
    assert len(slack_api.posts) == 1


async def test_a_subject_that_is_no_longer_kept_is_no_error(
    jobs: WorkerTasks, lease: Lease
) -> None:
    await jobs.handle_event("evt_none", lease)
    await jobs.retry_delivery("dlv_none", lease)
    await jobs.report_dead_letter("event:evt_none", lease)
    await jobs.report_dead_letter("delivery:dlv_none", lease)
    await jobs.report_dead_letter("unreadable", lease)


async def test_an_unreadable_event_is_a_dead_letter_and_reported(
    jobs: WorkerTasks, lease: Lease, redis: Redis, slack_api: LocalSlack
) -> None:
    await accept(jobs.store)
    await redis.hset("juicebox:event:evt_1", "body", "{")
    await jobs.handle_event("evt_1", lease)
    assert await redis.hget("juicebox:event:evt_1", "state") == b"dead"
    assert await jobs.store.dead_letters(NOW) == [DeadLetter.event("evt_1")]
    report = await lease_of(redis, "report_dead_letter:event:evt_1")
    await jobs.report_dead_letter("event:evt_1", report)
    [notice] = slack_api.posts
    assert notice.channel == "C0ALERTS"
    assert "event evt_1 is not readable in Redis" in str(notice.blocks)


async def test_a_second_run_after_a_crash_sends_what_is_left(
    jobs: WorkerTasks, lease: Lease, slack_api: LocalSlack, inbox: Inbox
) -> None:
    """The first run was killed between the Slack message and the mail."""
    await accept(jobs.store)
    store = jobs.store
    handler = jobs.registry.get("search.completed")
    stored = await store.events.get("evt_1")
    assert handler is not None
    assert stored is not None
    await jobs._handle(stored, handler)
    post, _ = await store.ledger.of_event("evt_1")
    claimed = await store.ledger.claim(post, lease.job_id, "t1", NOW)
    assert claimed is not None
    await store.ledger.sent(claimed, "t1", "C1/1.1", NOW)
    await jobs.handle_event("evt_1", lease)
    assert slack_api.calls("chat.postMessage") == []
    assert len(inbox.mails) == 1


async def test_a_second_run_leaves_a_delivery_to_its_retry(
    jobs: WorkerTasks, lease: Lease, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(503)])
    await accept(jobs.store)
    await jobs.handle_event("evt_1", lease)
    await jobs.handle_event("evt_1", lease)
    assert len(slack_api.calls("chat.postMessage")) == 1
    [post, _] = await jobs.store.ledger.of_event("evt_1")
    assert post.state is DeliveryState.RETRYING


async def test_a_requeued_dead_letter_is_not_reported(
    jobs: WorkerTasks, lease: Lease, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.error("not_in_channel")])
    await accept(jobs.store)
    await jobs.handle_event("evt_1", lease)
    [post, _] = await jobs.store.ledger.of_event("evt_1")
    await jobs.store.ledger.requeue(post, NOW)
    await jobs.report_dead_letter(f"delivery:{post.id}", lease)
    assert len(slack_api.calls("chat.postMessage")) == 1


async def test_a_job_without_its_lease_sends_nothing_and_raises(
    jobs: WorkerTasks, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await accept(jobs.store)
    never_taken = Lease(Leases(redis, 15_000), "handle_event:evt_1", 0)
    with pytest.raises(LeaseLost):
        await jobs.handle_event("evt_1", never_taken)
    assert slack_api.calls("chat.postMessage") == []
    assert inbox.mails == []


async def test_a_report_that_runs_twice_notifies_once(
    jobs: WorkerTasks, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await accept(jobs.store, data={})
    first = await lease_of(redis, "report_dead_letter:event:evt_1")
    await jobs.handle_event("evt_1", first)
    for _ in range(2):
        await jobs.report_dead_letter("event:evt_1", first)
    assert [p.channel for p in slack_api.posts] == ["C0ALERTS"]
    assert len(inbox.mails) == 1


async def test_a_notice_that_cannot_be_delivered_is_not_reported(
    jobs: WorkerTasks, redis: Redis, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.error("channel_not_found")])
    await accept(jobs.store, data={})
    report = await lease_of(redis, "report_dead_letter:event:evt_1")
    await jobs.handle_event("evt_1", report)
    await jobs.report_dead_letter("event:evt_1", report)
    queued = {raw.decode() for raw in await redis.zrange(QUEUE, 0, -1)}
    assert queued == {"handle_event:evt_1", "report_dead_letter:event:evt_1"}


async def test_a_notification_without_recipients_is_recorded_as_skipped(
    jobs: WorkerTasks, lease: Lease, slack_api: LocalSlack, inbox: Inbox
) -> None:
    without_operators = SettingsRecipients({Audience.OPERATORS: ()})
    await accept(jobs.store, event_type="quota.warning", data={"usage": 840, "limit": 1000})
    await replace(jobs, recipients=without_operators).handle_event("evt_1", lease)
    [delivery] = await jobs.store.ledger.of_event("evt_1")
    assert delivery.destination is None
    assert delivery.state == "skipped"
    assert delivery.reason == "no destination is set for operators"
    assert (await state_of(jobs.store))[0] is EventState.HANDLED
    assert slack_api.calls("chat.postMessage") == []
    assert inbox.mails == []


async def test_a_record_is_never_dated_in_the_future(jobs: WorkerTasks, lease: Lease) -> None:
    quota = {"usage": 10, "limit": 100}
    far = datetime(2999, 1, 1, tzinfo=UTC)
    await accept(jobs.store, event_type="quota.warning", timestamp=far, data=quota)
    await jobs.handle_event("evt_1", lease)
    known = await jobs.store.records.get("quota", "latest")
    assert known is not None
    assert known.at == NOW


async def test_an_unreadable_delivery_is_a_dead_letter(
    jobs: WorkerTasks, lease: Lease, redis: Redis, slack_api: LocalSlack
) -> None:
    """Found by the event's job, or by the job that was to retry it."""
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(503)])
    await accept(jobs.store)
    await jobs.handle_event("evt_1", lease)
    [post, mail] = await jobs.store.ledger.of_event("evt_1")
    for delivery in (post, mail):
        await redis.hset(f"juicebox:delivery:{delivery.id}", "attempts", "many")
    with pytest.raises(CorruptRecord):
        await jobs.retry_delivery(post.id, lease)
    assert await jobs.store.dead_letters(NOW) == [DeadLetter.delivery(post.id)]
    await jobs.handle_event("evt_1", lease)
    assert set(await jobs.store.dead_letters(NOW)) == {
        DeadLetter.delivery(post.id),
        DeadLetter.delivery(mail.id),
    }
