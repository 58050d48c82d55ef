"""The log of an outage of Redis: where and why, once and then ever more rarely, and when it is over."""

from datetime import timedelta

import pytest
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from bot.fakes.redis_server import redis_server
from bot.store.connection import connect
from bot.store.outage import RedisOutage, address_of
from tests.polling import until

TIMEOUT = timedelta(seconds=1)
SECRET_URL = "redis://user:hunter2@redis.example.com:6380/1"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (SECRET_URL, "redis.example.com:6380"),
        ("redis://localhost", "localhost:6379"),
        ("unix:///run/redis.sock?db=1", "/run/redis.sock"),
    ],
)
async def test_the_address_is_the_host_and_the_port_without_the_password(
    url: str, address: str
) -> None:
    client = connect(url, timeout=TIMEOUT)
    assert address_of(client) == address
    await client.aclose()


async def test_an_hour_of_failures_each_second_is_a_handful_of_lines() -> None:
    clock, client = Clock(), connect(SECRET_URL, timeout=TIMEOUT)
    outage = RedisOutage(client, clock)
    with capture_logs() as lines:
        for _ in range(3_600):
            outage.failed(RedisConnectionError("hunter2"))
            clock.now += 1
        outage.answered()
        outage.answered()
    assert [line["event"] for line in lines] == [
        *["redis unreachable"] * 7,
        "redis reachable again",
    ]
    assert [line["away_s"] for line in lines] == [0, 10, 70, 370, 1270, 2170, 3070, 3600]
    assert {line["redis"] for line in lines} == {"redis.example.com:6380"}
    assert "hunter2" not in str(lines)
    await client.aclose()


async def test_a_second_outage_is_logged_at_once() -> None:
    clock, client = Clock(), connect(SECRET_URL, timeout=TIMEOUT)
    outage = RedisOutage(client, clock)
    with capture_logs() as lines:
        for _ in range(2):
            outage.failed(ConnectionRefusedError())
            clock.now += 1
            outage.answered()
    assert [line["event"] for line in lines] == ["redis unreachable", "redis reachable again"] * 2
    assert lines[0]["reason"] == "the connection is refused"
    await client.aclose()


async def test_a_refused_password_comes_with_its_fix() -> None:
    client = connect(SECRET_URL, timeout=TIMEOUT)
    with capture_logs() as lines:
        RedisOutage(client).failed(AuthenticationError("hunter2"))
    assert lines[0]["reason"] == "it refuses the password"
    assert lines[0]["fix"] == "check REDIS_URL's user and password"
    await client.aclose()


async def test_watching_notices_an_outage_and_its_end() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=TIMEOUT)
        outage = RedisOutage(client)
        with capture_logs() as lines:

            async def logged(count: int) -> bool:
                return len(lines) == count

            async with outage.watching(timedelta(milliseconds=10)):
                server.stop()
                await until(lambda: logged(1))
                server.start()
                await until(lambda: logged(2))
        await client.aclose()
    assert [line["event"] for line in lines] == ["redis unreachable", "redis reachable again"]
