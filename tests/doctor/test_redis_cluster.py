"""Findings about a Redis Cluster, which is not supported."""

from contextlib import suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import NoRedisServer, RedisServer, free_port
from tests.app import MakeSettings
from tests.doctor.findings import failed_at_redis as failed
from tests.faults.command_proxy import CommandProxy, refuse
from tests.polling import until

NO_CLUSTER = "it is a Redis Cluster, which is not supported"


def started_cluster(folder: Path) -> RedisServer:
    """A node in cluster mode. It has a second port, 10,000 above its own, which may be taken."""
    mode = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
    for _ in range(20):
        server = RedisServer(folder, free_port(), *mode)
        with suppress(NoRedisServer):
            server.start()
            return server
    raise NoRedisServer("twenty ports were taken")


@pytest.mark.parametrize("slots", [16_384, 8_000, 0])
async def test_a_cluster_is_reported_as_unsupported(
    make_settings: MakeSettings, tmp_path: Path, slots: int
) -> None:
    """All its slots here, which is CROSSSLOT; a part of them; none."""
    server = started_cluster(tmp_path)
    try:
        if slots:
            await has_slots(server, slots)
        findings = await failed(make_settings, server.url)
        [other] = await failed(make_settings, server.url.removesuffix("/0") + "/1")
    finally:
        server.stop()
    assert {f.text for f in findings} == {NO_CLUSTER}
    no_database = "the database in REDIS_URL cannot be selected"  # Valkey 9's clusters have several
    assert other.text.partition(": ")[2] in {NO_CLUSTER, no_database}


async def has_slots(server: RedisServer, count: int) -> None:
    async with Redis.from_url(server.url) as client:
        await client.execute_command("CLUSTER", "ADDSLOTS", *range(count))

        async def up() -> bool:
            return b"cluster_state:ok" in await client.execute_command("CLUSTER", "INFO")

        await until(up)


async def test_a_key_on_another_node_is_reported_as_a_cluster(
    make_settings: MakeSettings, redis_process: RedisServer
) -> None:
    answers = {"EVALSHA": refuse("MOVED 3999 127.0.0.1:6381")}
    async with CommandProxy(redis_process.port, answers) as proxy:
        findings = await failed(make_settings, proxy.url)
    assert {f.text for f in findings} == {NO_CLUSTER}
