"""Connections: every wait has a timeout, and a broken connection is replaced."""

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.fakes.redis_server import redis_server
from bot.store.connection import connect
from tests.forwarder import forwarding


async def test_a_suspended_redis_causes_a_timeout() -> None:
    """After SIGSTOP the connection is open, but no reply comes."""
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=0.2))
        await client.ping()
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGSTOP)
        with pytest.raises(RedisTimeoutError):
            await client.ping()
        os.kill(server.process.pid, signal.SIGCONT)
        direct = connect(server.url, timeout=timedelta(seconds=60))
        calls = (await direct.info("commandstats"))["cmdstat_ping"]["calls"]
        assert calls <= 1 + 2, "the first ping, and one that is sent again on a new connection"
        await direct.aclose()
        await client.aclose()


async def test_a_connection_is_replaced_after_a_restart_without_an_error() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=60))
        await client.ping()
        server.stop()
        server.start()
        assert await client.ping() is True
        await client.aclose()


async def test_a_refused_connection_is_an_error_at_once() -> None:
    client = connect("redis://127.0.0.1:1/0", timeout=timedelta(seconds=1))
    with pytest.raises(RedisError):
        await client.ping()
    await client.aclose()


async def test_many_concurrent_commands_share_few_connections() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=60), connections=4)
        await asyncio.gather(*(client.ping() for _ in range(200)))
        assert len(await client.client_list()) <= 4
        await client.aclose()


async def test_a_certificate_is_checked_unless_that_is_turned_off() -> None:
    strict = connect("rediss://localhost:1/0", timeout=timedelta(seconds=1))
    lenient = connect("rediss://localhost:1/0", cert_reqs="none", timeout=timedelta(seconds=1))
    options = [c.connection_pool.connection_kwargs for c in (strict, lenient)]
    assert [(o["ssl_cert_reqs"], o["ssl_check_hostname"]) for o in options] == [
        ("required", True),
        ("none", False),
    ]


async def test_a_connection_to_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with redis_server("--unixsocket", str(path)):
        client = connect(f"unix://{path}", timeout=timedelta(seconds=60))
        assert await client.ping() is True
        await client.aclose()


async def test_a_redis_without_free_connections_is_an_ordinary_error() -> None:
    """redis-py 5.3 would recurse over CLIENT SETINFO until it crashes."""
    with redis_server("--maxclients", "5") as server:
        first = connect(server.url, timeout=timedelta(seconds=60))
        await asyncio.gather(*(first.blpop("nothing", timeout=0.3) for _ in range(5)))
        second = connect(server.url, timeout=timedelta(seconds=60))
        with pytest.raises(RedisError):
            await second.ping()
        await first.aclose()
        await second.aclose()


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
@pytest.mark.parametrize("scheme", ["redis", "unix"])
def test_a_connection_that_closes_just_before_a_command_is_replaced(
    new_loop: Callable[[], asyncio.AbstractEventLoop], scheme: str, tmp_path: Path
) -> None:
    """It closes after the pool has checked it. uvloop raises a RuntimeError then, which was a 500 in web."""

    async def ping_on_closed_connection(url: str) -> None:
        client = connect(url, timeout=timedelta(seconds=60))
        single = client.client()  # keeps its connection, and does not check it again
        assert await single.ping() is True
        assert single.connection is not None
        single.connection._writer.transport.abort()
        await asyncio.sleep(0)
        assert await single.ping() is True
        await single.aclose()
        await client.aclose()

    with redis_server("--unixsocket", str(tmp_path / "redis.sock")) as server:
        url = server.url if scheme == "redis" else f"unix://{tmp_path / 'redis.sock'}"
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(ping_on_closed_connection(url))


def test_two_web_processes_and_a_worker_fit_into_20_connections() -> None:
    pool = connect("redis://127.0.0.1:1/0", timeout=timedelta(seconds=1)).connection_pool
    assert 3 * pool.max_connections < 20


async def test_after_a_failover_old_connections_are_replaced() -> None:
    """They lead to a replica then, and new ones to the new primary."""
    with redis_server() as old, redis_server() as new:
        async with forwarding(old.port) as forwarder:
            client = connect(f"redis://127.0.0.1:{forwarder.port}/0", timeout=timedelta(seconds=60))
            await client.set("before", 1)
            direct = connect(old.url, timeout=timedelta(seconds=60))
            await direct.replicaof("127.0.0.1", str(new.port))
            forwarder.target = new.port
            assert await client.set("after", 1) is True
            await client.aclose()
            await direct.aclose()
