"""Counters: counted in memory, and summed in Redis over all processes."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.fakes.redis_server import redis_server
from bot.store.connection import connect
from bot.store.counters import Counters
from tests.polling import until


async def test_the_counts_of_two_processes_are_added(redis: Redis) -> None:
    for _ in range(2):
        counters = Counters(redis)
        counters.add("accepted", type="search.completed")
        counters.add("accepted", type="search.completed")
        counters.add("seconds", 0.25)
        await counters.flush()
    assert await Counters(redis).totals() == {
        "accepted": {(("type", "search.completed"),): 4},
        "seconds": {(): 0.5},
    }


async def test_without_counts_nothing_is_written(redis: Redis) -> None:
    await Counters(redis).flush()
    assert await redis.dbsize() == 0


async def test_a_second_flush_adds_nothing(redis: Redis) -> None:
    counters = Counters(redis)
    counters.add("accepted")
    await counters.flush()
    await counters.flush()
    assert await counters.totals() == {"accepted": {(): 1}}


async def test_counts_are_kept_if_redis_is_unavailable() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=60))
        counters = Counters(client)
        counters.add("accepted")
        server.stop()
        with pytest.raises(RedisError):
            await counters.flush()
        counters.add("accepted")
        server.start()
        await counters.flush()
        assert await counters.totals() == {"accepted": {(): 2}}
        await client.aclose()


async def test_flushing_continues_after_an_outage() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=60))
        counters = Counters(client)
        server.stop()
        counters.add("accepted")
        async with counters.flushing(0.01):
            server.start()
            await until(lambda: _counted(counters))
        await client.aclose()


async def test_the_last_counts_are_flushed_at_the_end(redis: Redis) -> None:
    counters = Counters(redis)
    async with counters.flushing(3600):
        counters.add("accepted")
    assert await counters.totals() == {"accepted": {(): 1}}


async def test_an_unknown_field_is_left_out(redis: Redis) -> None:
    await redis.hset("juicebox:counters", mapping={"x": "1", '["a"]': "1", '["b", []]': "many"})
    assert await Counters(redis).totals() == {}


async def _counted(counters: Counters) -> bool:
    return bool(await counters.totals())
