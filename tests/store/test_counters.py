"""Counters: counted in memory, added up in Redis over all processes."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.fakes.redis_server import redis_server
from bot.store.connection import connect
from bot.store.counters import Counters
from tests.polling import until


async def test_two_processes_add_up(redis: Redis) -> None:
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


async def test_nothing_counted_is_nothing_sent(redis: Redis) -> None:
    await Counters(redis).flush()
    assert await redis.dbsize() == 0


async def test_flushing_again_adds_nothing(redis: Redis) -> None:
    counters = Counters(redis)
    counters.add("accepted")
    await counters.flush()
    await counters.flush()
    assert await counters.totals() == {"accepted": {(): 1}}


async def test_what_redis_did_not_take_is_kept_for_next_time() -> None:
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


async def test_it_keeps_flushing_while_redis_comes_and_goes() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=60))
        counters = Counters(client)
        server.stop()
        counters.add("accepted")
        async with counters.flushing(0.01):
            server.start()
            await until(lambda: _counted(counters))
        await client.aclose()


async def test_what_was_counted_last_is_flushed_at_the_end(redis: Redis) -> None:
    counters = Counters(redis)
    async with counters.flushing(3600):
        counters.add("accepted")
    assert await counters.totals() == {"accepted": {(): 1}}


async def test_a_field_that_is_not_ours_is_left_out(redis: Redis) -> None:
    await redis.hset("juicebox:counters", mapping={"x": "1", '["a"]': "1", '["b", []]': "many"})
    assert await Counters(redis).totals() == {}


async def _counted(counters: Counters) -> bool:
    return bool(await counters.totals())
