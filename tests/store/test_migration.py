"""The events of release 0.4.0 are brought into today's form, and nothing that is pending is lost."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.model import DeadLetter, Delivery, to_ms
from bot.store import Store, keys
from bot.store.queue import JOBS
from tests.factories import NOW, make_event
from tests.queue_times import is_due_in
from tests.store.old_release import (
    EVENTS,
    FAILED,
    FAILED_JOB,
    KEYS,
    LIMITED_JOB,
    NEW_JOBS,
    RETRYING_JOB,
    TTL,
    downgrade_to_0_3_0,
    old_keys,
    recorded_deliveries,
    recorded_steps,
    restore_keys,
)
from tests.store.taken import queued, snapshot, take
from tests.stored_events import read

HOUR = timedelta(hours=1)


@pytest.fixture
async def store(store: Store, redis: Redis) -> Store:
    """A store that finds what release 0.4.0 has left."""
    await restore_keys(redis)
    return store


async def test_every_job_is_taken_over_with_its_due_time(store: Store, redis: Redis) -> None:
    assert len(await store.reconciliation.run(NOW)) > 0
    assert await queued(redis) == NEW_JOBS
    assert {raw.decode() for raw in await redis.zrange(JOBS, 0, -1)} == {*NEW_JOBS, "-"}
    for job in NEW_JOBS:
        assert await redis.exists(f"arq:job:{job}") == 1
    assert await is_due_in(redis, RETRYING_JOB, HOUR)
    assert await is_due_in(redis, LIMITED_JOB, timedelta(minutes=2))
    assert len((await take(store, 50)).jobs) >= 11
    assert await old_keys(redis) == []


async def test_nothing_of_an_event_is_lost(store: Store, redis: Redis) -> None:
    await store.reconciliation.run(NOW)
    for event_id in EVENTS:
        stored, old = await read(store, event_id), KEYS[f"juicebox:event:{event_id}"]
        assert (stored.event.type, stored.state, stored.reason, stored.body.decode()) == (
            *(old["type"], old["state"], old.get("reason", ""), old.get("body", "")),
        )
        assert (stored.event.timestamp, stored.received_at) == (NOW, NOW)
        assert stored.event.test == ("test" in old)
        assert stored.event.received_type == old.get("received_type", "")
        assert stored.failures == (1 if event_id == "evt_accepted" else 0)
        assert stored.concluded_at == (NOW if "concluded_at" in old else None)
        assert stored.unreadable == ()
        assert TTL - 600_000 < await redis.pttl(keys.event(event_id)) <= TTL
        assert [
            (step.at.timestamp() * 1000, step.what, step.delivery_id, step.destination, step.detail)
            for step in stored.trail
        ] == [tuple(step.values()) for step in recorded_steps(event_id)]


async def test_nothing_of_a_delivery_is_lost(store: Store) -> None:
    await store.reconciliation.run(NOW)
    for event_id in EVENTS:
        stored, old = await read(store, event_id), recorded_deliveries(event_id)
        assert [delivery.id for delivery in stored.deliveries] == list(old)
        for delivery in stored.deliveries:
            row, kept = {**ABSENT, **old[delivery.id]}, as_recorded(delivery)
            said = json.loads(row["notification"])
            assert kept == {name: row[name] for name in kept}
            assert delivery.own_job == row["owner"].startswith("retry_delivery:")
            assert (delivery.audience, delivery.template) == (said["audience"], said["template"])


ABSENT = {"next_at": "", "receipt": "", "waits": "0", "unsure": "0"}
"""What a delivery of the older release need not have."""


def as_recorded(delivery: Delivery) -> Mapping[str, object]:
    """Return what the older release has written of a delivery."""
    times = {
        "created_at": delivery.created_at,
        "updated_at": delivery.updated_at,
        "next_at": delivery.next_at,
    }
    return {
        **{name: str(to_ms(at)) if at else "" for name, at in times.items()},
        "state": delivery.state,
        "attempts": str(delivery.attempts),
        "destination": str(delivery.destination or "nobody:"),
        "reason": delivery.reason,
        "receipt": delivery.receipt,
        "waits": str(delivery.waits),
        "unsure": str(int(delivery.maybe_delivered)),
    }


async def test_a_notice_knows_what_it_reports(store: Store) -> None:
    await store.reconciliation.run(NOW)
    about = {
        "evt_notice_retrying": DeadLetter("evt_notice_retrying", "dlv_c941f27e564e06fbd0c15843"),
        "evt_notice_pending": DeadLetter("evt_notice_pending"),
    }
    for event_id, dead in about.items():
        notices = [d.about for d in (await read(store, event_id)).deliveries if d.is_notice]
        assert notices == [dead, dead]


async def test_the_dead_letters_are_taken_over(store: Store) -> None:
    await store.reconciliation.run(NOW)
    assert set(await store.dead_letters(NOW)) == {
        DeadLetter("evt_failed", FAILED),
        DeadLetter("evt_reported", "dlv_ac0ec384586a9dfff14dffcf"),
        DeadLetter("evt_notice_retrying", "dlv_c941f27e564e06fbd0c15843"),
        *(DeadLetter(f"evt_{name}") for name in ("dead", "dead_reported", "notice_pending")),
    }


async def test_a_second_migration_changes_nothing(store: Store, redis: Redis) -> None:
    await store.reconciliation.run(NOW)
    before = await snapshot(redis)
    restarted = Store(redis, retention=timedelta(days=30))
    assert await restarted.reconciliation.run(NOW) == []
    assert await snapshot(redis) == before


async def test_jobs_of_release_0_3_0_are_taken_over_and_others_are_left(
    store: Store, redis: Redis
) -> None:
    await downgrade_to_0_3_0(redis)
    others = {"send_invoice": 1, "handle_eventually:x": 2, "retry_delivery:dlv_none": 3}
    await redis.zadd("arq:queue", others)
    await store.reconciliation.run(NOW)
    assert await queued(redis) == NEW_JOBS
    assert await is_due_in(redis, RETRYING_JOB, HOUR)
    assert {raw.decode() for raw in await redis.zrange("arq:queue", 0, -1)} == set(others)


async def test_lost_jobs_of_the_older_release_are_enqueued_again(
    store: Store, redis: Redis
) -> None:
    await redis.delete("juicebox:queue")
    await store.reconciliation.run(NOW)
    assert await queued(redis) == NEW_JOBS


async def test_lost_jobs_are_found_without_the_older_releases_index(
    store: Store, redis: Redis
) -> None:
    """Reports that are not written yet are known only to their jobs."""
    await redis.delete("juicebox:queue", "juicebox:unfinished")
    await store.reconciliation.run(NOW)
    lost = {FAILED_JOB, "report_dead_letter::evt_dead"}
    assert await queued(redis) == NEW_JOBS - lost


async def test_a_duplicate_of_an_event_that_is_not_migrated_is_one(store: Store) -> None:
    assert await store.events.accept(make_event("evt_done"), b"{}", NOW) is False
    assert await store.events.latest(5) == []
