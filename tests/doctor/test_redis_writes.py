"""Findings about a Redis that refuses writes; nothing is left behind."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.clock import utc_now
from bot.fakes.redis_server import RedisServer, redis_server
from bot.fakes.slack.api import LocalSlack
from bot.model import EventState
from bot.model.finding import Finding
from bot.store.redis_errors import ACL_RULES
from bot.store.scripts import NAMES, LuaScript
from bot.store.write_check import _TestKeyRunner, check_writes
from tests.app import MakeSettings, envelope, running_worker, signed, web_client
from tests.doctor.findings import failed_at_redis as failed
from tests.factories import NOW
from tests.faults.command_proxy import Answer, CommandProxy, hang_up, refuse
from tests.polling import until

ALLOW = f"allow it: ACL SETUSER <the bot's user> {ACL_RULES}"
NO_EVALSHA = "it does not know EVALSHA, or a proxy in front of it does not"
DIRECTLY = "connect to Redis directly, or choose a service with Lua scripts: EVALSHA, SCRIPT LOAD"


def texts(findings: list[Finding]) -> dict[str, str]:
    return {f.text: f.fix for f in findings}


async def user(server: RedisServer, *rules: str) -> str:
    """Create a user with these rules, and return the URL with its login."""
    async with Redis.from_url(server.url) as client:
        await client.execute_command("ACL", "SETUSER", "bot", "reset", "on", ">pw", *rules)
        await client.script_flush()
    return server.url.replace("redis://", "redis://bot:pw@")


async def kept(server: RedisServer) -> list[bytes]:
    async with Redis.from_url(server.url) as client:
        found: list[bytes] = await client.keys()
        return found


async def test_every_script_is_run(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    run: set[str] = set()
    run_script = _TestKeyRunner.run

    async def run_and_remember(runner: _TestKeyRunner, script: LuaScript, *more: Any) -> Any:
        run.add(script.name)
        return await run_script(runner, script, *more)

    monkeypatch.setattr(_TestKeyRunner, "run", run_and_remember)
    check = await check_writes(redis, NOW)
    assert set(NAMES) - run == set(), "add a step for it to bot/store/write_check.py"
    assert (check.failed, check.unexpected) == ([], [])
    assert await redis.keys() == []


async def test_existing_keys_stay_unchanged(make_settings: MakeSettings, redis: Redis) -> None:
    async with web_client(make_settings()) as client:
        for number in range(3):
            body = envelope(f"evt_{number}")
            await client.post("/webhooks/juicebox", content=body, headers=signed(body))
    before = {key: await redis.dump(key) for key in await redis.keys()}
    assert (await check_writes(redis, utc_now())).failed == []
    assert {key: await redis.dump(key) for key in await redis.keys()} == before


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (
            "~* +@all -@scripting",
            ["EVALSHA", "SCRIPT( LOAD)?"],
        ),
        ("~* +@all -script", ["SCRIPT( LOAD)?"]),
        ("~* +@all -evalsha", ["EVALSHA"]),
        ("~* +@all -zadd", ["a command of the bot's scripts|ZADD"]),
        ("~* +@all -scan -hincrbyfloat", ["HINCRBYFLOAT", "SCAN"]),
        ("~juicebox:* +@all", ["keys that the bot needs"]),
        ("~* +@all -ping", ["PING"]),
        ("~* +@all -multi", ["MULTI"]),
    ],
)
async def test_what_the_access_list_forbids_is_named(
    make_settings: MakeSettings, rules: str, expected: list[str]
) -> None:
    """The forbidden command is named if the server names it, which 7.0 does not inside a script."""
    with redis_server() as server:
        findings = await failed(make_settings, await user(server, *rules.split()))
        left = await kept(server)
    assert findings
    assert {f.fix for f in findings} == {ALLOW}
    writes = sorted(f.text for f in findings if f.subject == "Redis writes")
    assert len(writes) == len(expected)
    for text, what in zip(writes, expected, strict=True):
        assert re.fullmatch(rf"its access list \(ACL\) forbids ({what})", text)
    assert left == []


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            {"EVALSHA": refuse("ERR unknown command 'EVALSHA', with args beginning with: 'x'")},
            {NO_EVALSHA: DIRECTLY},
        ),
        ({"EVALSHA": refuse("ERR unsupported command")}, {NO_EVALSHA: DIRECTLY}),
        (
            {"SCRIPT": refuse("ERR Command is not available: 'SCRIPT'. See https://example.com")},
            {"it does not know SCRIPT, or a proxy in front of it does not": DIRECTLY},
        ),
        (
            {"EVALSHA": hang_up},
            {
                "it closes the connection at EVALSHA": "if it speaks TLS, begin REDIS_URL with"
                " rediss://; a proxy closes it at a command that it does not know"
            },
        ),
        (
            {"EVALSHA": lambda _: b"+OK\r\n"},
            None,
        ),
    ],
    ids=["unknown", "unsupported", "no SCRIPT", "hangs up", "answers nonsense"],
)
async def test_a_proxy_that_does_not_pass_scripts_is_reported(
    make_settings: MakeSettings,
    redis: Redis,
    redis_process: RedisServer,
    answers: Mapping[str, Answer],
    expected: Mapping[str, str] | None,
) -> None:
    async with CommandProxy(redis_process.port, answers) as proxy:
        findings = await failed(make_settings, proxy.url)
    assert findings
    assert {f.subject for f in findings} == {"Redis writes"}
    assert expected is None or texts(findings) == expected
    assert await redis.keys() == []


async def test_a_full_redis_is_reported(make_settings: MakeSettings) -> None:
    with redis_server("--maxmemory", "1") as server:
        findings = await failed(make_settings, server.url)
        assert await kept(server) == []
    assert texts(findings) == {
        "it is full: it refuses writes since maxmemory is reached": "choose a larger plan or raise"
        " maxmemory; a lower RETENTION_DAYS needs less"
    }


async def test_a_redis_that_cannot_save_is_reported(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    server = RedisServer(tmp_path, None, "--save", "3600", "1")
    server.start()
    try:
        (tmp_path / "dump.rdb").mkdir()  # the snapshot cannot take its place
        async with Redis.from_url(server.url) as client:
            await client.bgsave()

            async def gave_up() -> bool:
                return (await client.info("persistence"))["rdb_last_bgsave_status"] == "err"

            await until(gave_up)
        findings = await failed(make_settings, server.url)
        assert await kept(server) == []
    finally:
        server.stop()
    assert texts(findings) == {
        "it refuses writes since it cannot save them to its disk (MISCONF)": "make room on its disk,"
        " or make the folder of its snapshots writable: its log says more"
    }


async def test_a_replica_is_reported_as_read_only(
    make_settings: MakeSettings, redis_process: RedisServer
) -> None:
    with redis_server("--replicaof", "127.0.0.1", str(redis_process.port)) as server:
        findings = await failed(make_settings, server.url)
    assert texts(findings) == {"it is a read-only replica": "REDIS_URL must name the primary"}


async def test_a_primary_without_enough_replicas_is_reported(make_settings: MakeSettings) -> None:
    with redis_server("--min-replicas-to-write", "1") as server:
        findings = await failed(make_settings, server.url)
    assert texts(findings) == {
        "it refuses writes since too few of its replicas are connected (NOREPLICAS)": "connect them,"
        " or lower min-replicas-to-write"
    }


async def test_a_database_that_does_not_exist_is_reported(
    make_settings: MakeSettings, redis_process: RedisServer
) -> None:
    [finding] = await failed(make_settings, redis_process.url.removesuffix("/0") + "/99")
    assert finding.subject == "Redis"
    assert finding.text.endswith(": the database in REDIS_URL cannot be selected")
    assert finding.fix == "end REDIS_URL in a database that the server has, such as /0"


async def test_the_recommended_rules_are_enough(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    """The server does not know the scripts yet, and an event is handled completely."""
    with redis_server() as server:
        url = await user(server, *ACL_RULES.split())
        assert await failed(make_settings, url) == []
        settings = make_settings(
            REDIS_URL=url, SLACK_API_URL=slack_api.url, EMAIL_FROM=None, SMTP_URL=None
        )
        body = envelope()
        async with web_client(settings) as client, running_worker(settings) as jobs:
            answer = await client.post("/webhooks/juicebox", content=body, headers=signed(body))
            assert answer.status_code == 200
            await slack_api.wait_for(1)

            async def ready() -> bool:
                return (await client.get("/readyz")).status_code == 200

            await until(ready)
            stored = await jobs.store.events.get("evt_1")
            assert stored is not None
            assert stored.state is EventState.HANDLED


async def test_the_queue_of_release_0_3_0_may_be_forbidden(make_settings: MakeSettings) -> None:
    """It is only used during a rolling deploy from that release."""
    rules = ACL_RULES.replace("~arq:*", "~arq:job:*")
    with redis_server() as server:
        assert await failed(make_settings, await user(server, *rules.split())) == []
        assert await kept(server) == []
