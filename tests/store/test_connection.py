"""The connection: every wait ends, and a Redis that comes back is found again."""

import asyncio
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from bot.demo.redis_server import redis_server
from bot.store.connection import connect


async def test_a_stopped_redis_is_given_up_in_time() -> None:
    """SIGSTOP: the connection stands, and no answer ever comes."""
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=0.2))
        await client.ping()
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(RedisError):
            await client.ping()
        assert time.monotonic() - started < 1
        os.kill(server.process.pid, signal.SIGCONT)
        assert await client.ping() is True
        await client.aclose()


async def test_a_redis_that_was_restarted_is_found_again_without_an_error() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=1))
        await client.ping()
        server.stop()
        server.start()
        assert await client.ping() is True
        await client.aclose()


async def test_a_missing_redis_is_an_error_at_once() -> None:
    client = connect("redis://127.0.0.1:1/0", timeout=timedelta(seconds=1))
    with pytest.raises(RedisError):
        await client.ping()
    await client.aclose()


async def test_many_at_once_share_few_connections() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=5), connections=4)
        await asyncio.gather(*(client.ping() for _ in range(200)))
        assert len(await client.client_list()) <= 4
        await client.aclose()


async def test_a_certificate_is_checked_unless_told_otherwise() -> None:
    strict = connect("rediss://localhost:1/0", timeout=timedelta(seconds=1))
    lenient = connect("rediss://localhost:1/0", cert_reqs="none", timeout=timedelta(seconds=1))
    options = [c.connection_pool.connection_kwargs for c in (strict, lenient)]
    assert [(o["ssl_cert_reqs"], o["ssl_check_hostname"]) for o in options] == [
        ("required", True),
        ("none", False),
    ]


async def test_a_unix_socket_is_an_address_too(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with redis_server("--unixsocket", str(path)):
        client = connect(f"unix://{path}", timeout=timedelta(seconds=1))
        assert await client.ping() is True
        await client.aclose()
