"""`/readyz` on servers whose INFO is missing, incomplete or unusual."""

from collections.abc import Mapping

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import RedisServer
from bot.store.queue import HEARTBEAT
from tests.app import MakeSettings, web_client
from tests.faults.command_proxy import Answer, CommandProxy, refuse

READY = (200, {"status": "ready"})


def info(text: str) -> Answer:
    """Answer INFO with this text."""
    return lambda _: f"${len(text)}\r\n{text}\r\n".encode()


@pytest.mark.parametrize(
    "answers",
    [
        {"INFO": refuse("NOPERM this user has no permissions to run the 'info' command")},
        {"INFO": refuse("ERR unknown command 'INFO', with args beginning with: 'replication'")},
        {"INFO": info("# Replication\r\nconnected_slaves:0\r\n")},
        {"INFO": info("")},
        {"INFO": info("# Replication\r\nrole:active-replica\r\n")},
        {"INFO": info("# Replication\r\nrole:primary\r\n")},
    ],
    ids=["forbidden", "unknown", "no role", "empty", "KeyDB", "another word"],
)
async def test_a_redis_that_does_not_call_itself_a_replica_is_ready(
    make_settings: MakeSettings,
    redis: Redis,
    redis_process: RedisServer,
    answers: Mapping[str, Answer],
) -> None:
    await redis.set(HEARTBEAT, "alive")
    async with (
        CommandProxy(redis_process.port, answers) as proxy,
        web_client(make_settings(REDIS_URL=proxy.url)) as client,
    ):
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == READY


@pytest.mark.parametrize("role", ["slave", "replica"])
async def test_a_replica_is_not_ready_in_either_word(
    make_settings: MakeSettings, redis: Redis, redis_process: RedisServer, role: str
) -> None:
    await redis.set(HEARTBEAT, "alive")
    async with (
        CommandProxy(redis_process.port, {"INFO": info(f"role:{role}\r\n")}) as proxy,
        web_client(make_settings(REDIS_URL=proxy.url)) as client,
    ):
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "Redis is a read-only replica"


async def test_a_redis_that_refuses_the_bot_is_not_ready_and_says_why(
    make_settings: MakeSettings, redis_process: RedisServer
) -> None:
    url = redis_process.url.removesuffix("/0") + "/99"
    async with web_client(make_settings(REDIS_URL=url)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == (
        "Redis refuses what the bot needs: the database in REDIS_URL cannot be selected"
    )
