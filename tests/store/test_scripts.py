"""Scripts: those that are asked for together share a pipeline, and each caller gets its own reply."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from bot.fakes.redis_server import redis_server
from bot.store import Store, keys
from bot.store.connection import connect
from bot.store.scripts import NAMES, LuaScript, ScriptRunner
from bot.store.smtp_slots import SmtpSlots
from tests.factories import NOW, body_of, make_event, seconds
from tests.pipelines import WatchedPipelines
from tests.store.taken import take

SLOT_KEY = "slots"


@pytest.fixture
def pipelines(redis: Redis) -> WatchedPipelines:
    return WatchedPipelines(redis)


@pytest.fixture
def runner(pipelines: WatchedPipelines) -> ScriptRunner:
    return ScriptRunner(pipelines.as_redis)


async def take_slot(runner: ScriptRunner, token: str, key: str = SLOT_KEY) -> Any:
    argument = {"token": token, "slots": 2, "lease": 15_000}
    return await runner.run(LuaScript("smtp_slot_take"), [key], [to_json(argument)])


def test_the_scripts_are_those_of_the_folder() -> None:
    assert set(NAMES) == {
        *("accept", "commit", "migrate", "reconcile", "renew", "restore_job", "take"),
        *("set_place", "smtp_slot_take"),
    }


async def test_a_script_that_redis_does_not_have_is_loaded_and_runs_once(
    redis: Redis, runner: ScriptRunner, pipelines: WatchedPipelines
) -> None:
    await redis.script_flush()
    assert await take_slot(runner, "a") == 1
    assert pipelines.sizes == [1, 1, 1], "EVALSHA, SCRIPT LOAD, EVALSHA"
    assert await take_slot(runner, "b") == 1
    assert pipelines.sizes[3:] == [1]
    assert await redis.zcard(SLOT_KEY) == 2


async def test_scripts_that_are_asked_for_together_share_a_pipeline(
    redis: Redis, runner: ScriptRunner, pipelines: WatchedPipelines
) -> None:
    await take_slot(runner, "first")
    pipelines.sizes.clear()
    replies = await asyncio.gather(*(take_slot(runner, token) for token in "abcdef"))
    assert replies == [1, 0, 0, 0, 0, 0]
    assert pipelines.sizes == [6]


async def test_scripts_that_are_asked_for_while_others_run_share_the_next_one(
    runner: ScriptRunner, pipelines: WatchedPipelines
) -> None:
    await take_slot(runner, "first")
    pipelines.sizes.clear()
    pipelines.is_sending.clear()
    running = asyncio.create_task(take_slot(runner, "a"))
    await pipelines.is_sending.wait()
    later = [asyncio.create_task(take_slot(runner, token)) for token in "bcd"]
    await asyncio.gather(running, *later)
    assert pipelines.sizes == [1, 3]


async def test_events_that_are_accepted_together_are_one_round_trip(
    redis: Redis, runner: ScriptRunner, pipelines: WatchedPipelines
) -> None:
    store = Store(redis, retention=seconds(3600), runner=runner)
    events = [make_event(f"evt_{number}") for number in range(40)]
    await store.events.accept(make_event("evt_first"), b"{}", NOW)
    pipelines.sizes.clear()
    await asyncio.gather(*(store.events.accept(event, body_of(event), NOW) for event in events))
    assert pipelines.sizes == [1], "one call of the script"
    assert len((await take(store, 100)).jobs) == 41


async def test_an_event_that_cannot_be_accepted_fails_alone(redis: Redis) -> None:
    """Its counter of the hour has the wrong type."""
    store = Store(redis, retention=seconds(3600))
    later = NOW + timedelta(hours=1)
    await redis.set(keys.accepted_in(later), "not a hash")
    first, failed, last = await asyncio.gather(
        *(
            store.events.accept(event, body_of(event), now)
            for event, now in zip(
                [make_event("evt_1"), make_event("evt_2"), make_event("evt_3")],
                [NOW, later, NOW],
                strict=True,
            )
        ),
        return_exceptions=True,
    )
    assert (first, last) == (True, True)
    assert isinstance(failed, ResponseError)


async def test_a_script_that_fails_fails_alone(redis: Redis, runner: ScriptRunner) -> None:
    await redis.set("a string", "x")
    first, failed, last = await asyncio.gather(
        take_slot(runner, "a"),
        take_slot(runner, "b", "a string"),
        take_slot(runner, "c"),
        return_exceptions=True,
    )
    assert (first, last) == (1, 1)
    assert isinstance(failed, ResponseError)


async def test_a_caller_that_is_cancelled_takes_nobody_with_it(
    redis: Redis, runner: ScriptRunner
) -> None:
    calls = [asyncio.create_task(take_slot(runner, token)) for token in "ab"]
    await asyncio.sleep(0)
    calls[0].cancel()
    assert await calls[1] == 1
    assert await take_slot(runner, "b") == 1


async def test_a_caller_waits_no_longer_than_the_timeout_and_what_was_not_sent_never_is(
    redis: Redis, pipelines: WatchedPipelines
) -> None:
    runner = ScriptRunner(pipelines.as_redis, timeout=timedelta(milliseconds=300))
    pipelines.may_send.clear()
    sent = asyncio.create_task(take_slot(runner, "sent"))
    await pipelines.is_sending.wait()
    unsent = asyncio.create_task(take_slot(runner, "unsent"))
    for call in (sent, unsent):
        with pytest.raises(TimeoutError):
            await call
    pipelines.may_send.set()
    assert await take_slot(runner, "next") == 1
    assert set(await redis.zrange(SLOT_KEY, 0, -1)) == {b"sent", b"next"}


async def test_every_caller_learns_that_the_connection_is_lost_and_the_next_call_works() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=seconds(60))
        runner = ScriptRunner(client)
        assert await take_slot(runner, "a") == 1
        server.stop()
        replies = await asyncio.gather(
            *(take_slot(runner, token) for token in "bcd"), return_exceptions=True
        )
        assert all(isinstance(reply, RedisConnectionError) for reply in replies)
        server.start()
        assert await take_slot(runner, "b") == 1
        await client.aclose()


async def test_a_redis_that_was_restarted_is_sent_the_scripts_again() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=seconds(60))
        slots = SmtpSlots(client, "mail.example.com", 587, count=1)
        assert await slots.take("a") is True
        server.stop()
        server.start()
        assert await slots.take("b") is True
        await client.aclose()
