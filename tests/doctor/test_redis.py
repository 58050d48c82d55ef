"""Findings about Redis: role, persistence, eviction, encryption."""

from collections.abc import Iterator

import pytest
from redis.asyncio import Redis

from bot.doctor.redis import check_info, check_redis
from bot.fakes.redis_server import RedisServer, free_port, redis_server
from bot.fakes.slack.api import LocalSlack
from bot.model.finding import Severity
from tests.conftest import MakeSettings
from tests.doctor.findings import CANARY, failures, found
from tests.factories import NOW


async def test_a_redis_that_evicts_fails(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    with redis_server("--maxmemory-policy", "allkeys-lru", "--appendonly", "yes") as server:
        findings = await found(make_settings(REDIS_URL=server.url, SLACK_API_URL=slack_api.url))
    assert findings["Redis eviction"].severity is Severity.FAILURE
    assert "allkeys-lru" in findings["Redis eviction"].text
    assert findings["Redis persistence"].text == "append-only file"
    assert findings["Worker"].text.startswith("no heartbeat, as expected before the first start")


@pytest.fixture
def replica(redis_process: RedisServer) -> Iterator[RedisServer]:
    options = ("--replicaof", "127.0.0.1", str(redis_process.port), "--save", "3600", "1")
    with redis_server(*options) as server:
        yield server


async def test_a_replica_fails(make_settings: MakeSettings, replica: RedisServer) -> None:
    findings = await found(make_settings(REDIS_URL=replica.url))
    assert "Redis role" in failures(findings)
    assert findings["Redis persistence"].text.startswith("snapshots (3600 1)")


async def test_a_redis_with_another_password_fails(make_settings: MakeSettings) -> None:
    with redis_server() as server:
        async with Redis.from_url(server.url) as client:
            await client.config_set("requirepass", "another")
        url = server.url.replace("redis://", f"redis://:{CANARY}@")
        findings = await found(make_settings(REDIS_URL=url))
        assert findings["Redis"].text == "it refuses the password"


async def test_a_redis_that_forbids_config(make_settings: MakeSettings) -> None:
    with redis_server() as server:
        async with Redis.from_url(server.url) as client:
            await client.acl_setuser(
                "bot", enabled=True, passwords=["+pw"], keys="*", categories=["+@all"],
                commands=["-config"],
            )  # fmt: skip
        url = server.url.replace("redis://", "redis://bot:pw@")
        findings = await found(make_settings(REDIS_URL=url))
    assert findings["Redis eviction"].severity is Severity.OK
    assert findings["Redis persistence"].severity is Severity.WARNING
    assert findings["Redis persistence"].text.startswith("no append-only file;")


async def test_a_redis_that_forbids_info(make_settings: MakeSettings) -> None:
    """What cannot be checked is noted, and is no failure."""
    with redis_server() as server:
        async with Redis.from_url(server.url) as client:
            await client.execute_command(
                "ACL", "SETUSER", "bot", "on", ">pw", "~*", "&*", "+@all", "-@dangerous"
            )
        url = server.url.replace("redis://", "redis://bot:pw@")
        found = await check_redis(make_settings(REDIS_URL=url), NOW)
    shown = {f.subject: f for f in found}
    assert not [f for f in found if f.severity is Severity.FAILURE]
    assert shown["Redis"].text == "answers; its INFO is forbidden, so its version is not known"
    assert shown["Redis role"].text == "not known; see 'Redis writes'"
    assert shown["Redis persistence"].severity is Severity.WARNING
    assert shown["Redis persistence"].text == "not known: without it, a restart loses events"
    assert shown["Redis eviction"].text == "the server does not say"
    assert shown["Redis writes"].severity is Severity.OK


@pytest.mark.parametrize(
    ("role", "severity", "text"),
    [
        ("master", Severity.OK, "primary"),
        ("active-replica", Severity.NOTE, "active-replica; see 'Redis writes'"),
        ("", Severity.NOTE, "not known; see 'Redis writes'"),
        ("slave", Severity.FAILURE, "slave: it is read-only"),
        ("replica", Severity.FAILURE, "replica: it is read-only"),
    ],
)
def test_only_a_replica_fails_because_of_its_role(role: str, severity: Severity, text: str) -> None:
    """KeyDB calls a writable server an active-replica."""
    info = {"redis_version": "6.3.4", **({"role": role} if role else {})}
    findings = {f.subject: f for f in check_info(info, None)}
    assert (findings["Redis role"].severity, findings["Redis role"].text) == (severity, text)


def test_an_old_version_fails_and_an_unknown_policy_is_a_warning() -> None:
    findings = {
        f.subject: f for f in check_info({"redis_version": "3.2.1", "role": "master"}, None)
    }
    assert findings["Redis"].severity is Severity.FAILURE
    assert findings["Redis eviction"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("requirement", "severity", "text"),
    [("required", Severity.OK, "certificate checked"), ("none", Severity.NOTE, "is not checked")],
)
async def test_a_redis_over_tls_shows_what_is_checked(
    make_settings: MakeSettings, requirement: str, severity: Severity, text: str
) -> None:
    settings = make_settings(
        REDIS_URL=f"rediss://127.0.0.1:{free_port()}", REDIS_SSL_CERT_REQS=requirement
    )
    findings = await found(settings)
    assert findings["Redis encryption"].severity is severity
    assert text in findings["Redis encryption"].text
    assert "REDIS_SSL_CERT_REQS=none" in findings["Redis"].fix


async def test_a_remote_redis_without_tls_is_a_warning(make_settings: MakeSettings) -> None:
    findings = await found(make_settings(REDIS_URL="redis://redis.invalid:6379"))
    assert findings["Redis encryption"].severity is Severity.WARNING
    assert "redis.invalid:6379: its host name is unknown" in findings["Redis"].text
