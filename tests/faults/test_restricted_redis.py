"""The processes on a managed Redis that forbids `@dangerous`: no INFO, no CONFIG."""

import sys
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import redis_server
from bot.store.queue import HEARTBEAT
from tests.app import envelope
from tests.conftest import BASE_ENVIRONMENT
from tests.faults.deployment import Deployment, deployed
from tests.polling import until
from tests.processes import running

RULES = ("~*", "&*", "+@all", "-@dangerous")


@pytest.fixture
async def managed() -> AsyncIterator[Deployment]:
    """A deployment on such a Redis. The test itself has full access."""
    with redis_server() as server:
        async with Redis.from_url(server.url) as administrator:
            await administrator.execute_command("ACL", "SETUSER", "bot", "on", ">pw", *RULES)
        async with deployed(BASE_ENVIRONMENT, direct=True, server=server) as deployment:
            url = deployment.env["REDIS_URL"]
            deployment.env["REDIS_URL"] = url.replace("redis://", "redis://bot:pw@")
            yield deployment


async def test_doctor_passes_and_names_what_it_could_not_check(
    managed: Deployment,
) -> None:
    async with running([sys.executable, "-m", "bot", "doctor"], managed.env) as doctor:
        output, _ = await doctor.communicate()
    assert doctor.returncode == 0, output.decode()
    assert "its INFO is forbidden, so its version is not known" in output.decode()
    assert b"all scripts ran" in output


async def test_web_is_ready_as_soon_as_a_worker_runs(managed: Deployment) -> None:
    async with managed.web() as web:
        assert (await web.client.get("/readyz")).status_code == 503
        await managed.store.redis.set(HEARTBEAT, "alive")
        assert (await web.client.get("/readyz")).json() == {"status": "ready"}
        assert (await web.receive(envelope())).status_code == 200


async def test_the_worker_delivers(managed: Deployment) -> None:
    async with managed.web() as web, managed.worker():
        assert (await web.receive(envelope())).status_code == 200
        await managed.slack.wait_for(1)

        async def ready() -> bool:
            return (await web.client.get("/readyz")).status_code == 200

        await until(ready)
