"""A rolling deploy: release 0.4.0 and this one run on the same Redis."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState, EventState
from bot.store import Store, keys
from bot.store.migration import Migration
from bot.store.queue import JOBS
from bot.store.scripts import ScriptRunner
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.factories import NOW
from tests.run_jobs import run_all
from tests.store.old_release import EVENTS, KEYS, NEW_JOBS, RETRYING_JOB, old_keys, restore_keys
from tests.store.taken import queued, snapshot
from tests.stored_events import read


@pytest.fixture
async def store(store: Store, redis: Redis) -> Store:
    """A store that finds what release 0.4.0 has left."""
    await restore_keys(redis)
    return store


@pytest.mark.parametrize("prefix", ["arq:in-progress:", "juicebox:lease:"])
async def test_an_event_that_an_older_worker_handles_is_left_to_it(
    store: Store, redis: Redis, prefix: str
) -> None:
    await redis.set(f"{prefix}handle_event:evt_sending", "its owner", px=15_000)
    lease = f"{prefix}retry_delivery:dlv_e45955cc94f7a8deccec9e25"
    await redis.set(lease, "its owner", px=15_000)
    before = await snapshot(redis)
    await store.reconciliation.run(NOW)
    after = await snapshot(redis)
    for event_id in ("evt_sending", "evt_retrying"):
        for name in (f"juicebox:event:{event_id}", f"juicebox:trail:{event_id}"):
            assert after[name] == before[name]
    assert NEW_JOBS - await queued(redis) == {
        "handle_event::evt_sending",
        RETRYING_JOB,
    }
    await redis.delete(lease, f"{prefix}handle_event:evt_sending")
    await store.reconciliation.run(NOW)
    assert await queued(redis) == NEW_JOBS
    assert await old_keys(redis) == []


async def test_an_event_that_an_older_worker_has_finished_is_migrated_later(
    store: Store, redis: Redis
) -> None:
    """No job is left that would show it."""
    await redis.set("juicebox:lease:handle_event:evt_pending", "its owner", px=15_000)
    await store.reconciliation.run(NOW)
    for delivery_id in KEYS["juicebox:deliveries:evt_pending"]:
        await redis.hset(f"juicebox:delivery:{delivery_id}", "state", "sent")  # type: ignore[misc]  # redis-py types it as sync, too
    await redis.delete("juicebox:lease:handle_event:evt_pending", "juicebox:queue")
    await redis.delete("juicebox:unfinished")
    await store.reconciliation.run(NOW)
    assert [delivery.state for delivery in (await read(store, "evt_pending")).deliveries] == [
        "sent",
        "sent",
    ]
    assert await old_keys(redis) == []


@pytest.mark.parametrize(
    "change",
    [
        ("HSET", "juicebox:event:evt_sending", "state", "dead"),
        ("HSET", "juicebox:delivery:dlv_42009388dcae02b8f80dd314", "state", "sent"),
        ("RPUSH", "juicebox:deliveries:evt_sending", "dlv_notice"),
        ("DEL", "juicebox:delivery:dlv_42009388dcae02b8f80dd314"),
    ],
)
async def test_what_an_older_worker_changes_meanwhile_is_not_overwritten(
    store: Store, redis: Redis, change: tuple[str, ...]
) -> None:
    """It takes a job and ends it between our reading the event and our writing it."""
    before: dict[str, object] = {}

    class LateRunner(ScriptRunner):
        async def run(self, *arguments: Any) -> Any:
            await redis.execute_command(*change)
            before.update(await snapshot(redis))
            return await super().run(*arguments)

    migration = Migration(redis, LateRunner(redis), store.retention)
    fields = await redis.hgetall(keys.event("evt_sending"))
    assert await migration.run("evt_sending", fields, NOW) is False
    assert await snapshot(redis) == before


@pytest.fixture
async def tasks(
    make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox
) -> AsyncIterator[WorkerTasks]:
    built = build_jobs(make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url))
    yield replace(built, clock=lambda: NOW, attempts=replace(built.attempts, clock=lambda: NOW))
    await built.close()


async def test_everything_that_was_pending_is_sent_once(
    store: Store, redis: Redis, tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await store.reconciliation.run(NOW)
    await run_all(tasks)
    assert Counter(post.channel for post in slack_api.posts) == {"C0RECRUIT": 9, "C0ALERTS": 4}
    assert Counter(mail.message["To"] for mail in inbox.mails) == {
        "recruiter@example.com": 6,
        "operator@example.com": 3,
    }
    assert await redis.zrange(JOBS, 0, -1) == [b"-"]
    settled = {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}
    for event_id in EVENTS:
        stored = await read(store, event_id)
        assert stored.state is not EventState.ACCEPTED
        assert {delivery.state for delivery in stored.deliveries} <= settled
        reasons = {d.reason for d in stored.deliveries if d.state is DeliveryState.SKIPPED}
        assert reasons <= {"no Slack channel and no mail address is set for recruiters"}
