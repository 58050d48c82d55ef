"""What release 0.4.0 left is damaged, or Redis refuses the migration: nothing else is lost."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.errors import CorruptRecord
from bot.store import Store, keys
from bot.store.migration import Migration
from bot.store.queue import QUEUE
from bot.store.scripts import ScriptRunner
from tests.factories import NOW
from tests.store.old_release import KEYS, NEW_JOBS, restore_keys
from tests.store.taken import queued, snapshot
from tests.stored_events import read


@pytest.fixture
async def store(store: Store, redis: Redis) -> Store:
    """A store that finds what release 0.4.0 has left."""
    await restore_keys(redis)
    return store


async def test_a_full_redis_refuses_a_migration_as_a_whole(store: Store, redis: Redis) -> None:
    migration = Migration(redis, ScriptRunner(redis), store.retention)
    fields = await redis.hgetall(keys.event("evt_pending"))
    before = await snapshot(redis)
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(ResponseError, match="maxmemory"):
            await migration.run("evt_pending", fields, NOW)
    finally:
        await redis.config_set("maxmemory", "0")
    assert await snapshot(redis) == before


async def test_an_unreadable_delivery_stays_one(store: Store, redis: Redis) -> None:
    [post, mail] = KEYS["juicebox:deliveries:evt_pending"]
    await redis.hset(f"juicebox:delivery:{post}", "notification", "[]")  # type: ignore[misc]  # redis-py types it as sync, too
    await redis.rpush("juicebox:trail:evt_pending", "garbage")  # type: ignore[misc]  # redis-py types it as sync, too
    await store.reconciliation.run(NOW)
    stored = await read(store, "evt_pending")
    assert stored.unreadable == (post,)
    assert [delivery.id for delivery in stored.deliveries] == [mail]
    assert [step.what for step in stored.trail] == ["received", "handled"]
    assert "handle_event::evt_pending" in await queued(redis)


@pytest.mark.parametrize(
    "damage",
    [
        ("HSET", "juicebox:event:evt_pending", "body", "{"),
        ("HSET", "juicebox:event:evt_pending", "timestamp", "soon"),
        ("HSET", "juicebox:event:evt_pending", "reason", b"\xff"),
        ("HDEL", "juicebox:event:evt_pending", "received_at"),
        ("SET", "juicebox:deliveries:evt_pending", "a string"),
        ("SET", "juicebox:trail:evt_pending", "a string"),
    ],
)
async def test_an_unreadable_event_stops_no_other_one(
    store: Store, redis: Redis, damage: tuple[str | bytes, ...]
) -> None:
    """Its job finds that it is unreadable, and makes a dead letter of it."""
    await redis.execute_command(*damage)
    await store.reconciliation.run(NOW)
    assert await queued(redis) == NEW_JOBS
    with pytest.raises(CorruptRecord):
        await store.events.get("evt_pending")


async def test_queues_of_other_programs_are_left_alone(store: Store, redis: Redis) -> None:
    """A shared Redis may forbid them, or another program may use their names."""
    await redis.set("arq:queue", "a string")
    rules = ("~juicebox:*", "~arq:job:*", "+@all")
    await redis.execute_command("ACL", "SETUSER", "bot", "on", "nopass", *rules)
    try:
        async with redis.client() as limited:
            await limited.execute_command("AUTH", "bot", "any")
            restricted = Store(limited, retention=timedelta(days=30))
            await restricted.reconciliation.run(NOW)
    finally:
        await redis.execute_command("ACL", "DELUSER", "bot")
    assert await queued(redis) == NEW_JOBS
    assert await redis.get("arq:queue") == b"a string"
    assert await redis.zcard(QUEUE) == len(NEW_JOBS)
