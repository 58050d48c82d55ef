"""Redis is killed, restarted or demoted while the bot runs: the backlog is processed within seconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import pytest

from bot.fakes.redis_server import redis_server
from tests.app import envelope
from tests.faults.deployment import Deployment, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import HANG_TIMEOUT
from tests.processes import process

RECOVERY_TIMEOUT = 5.0
"""Seconds after Redis is back; checked with `--whole`, where nothing else uses the machine."""
_EVENTS = 100

Outage = Callable[[Deployment], Awaitable[None]]


async def restarted(deployment: Deployment) -> None:
    """Kill Redis, and start it again from its AOF a second later."""
    deployment.redis.stop()
    await asyncio.sleep(1)
    deployment.redis.start()


async def demoted(deployment: Deployment) -> None:
    """Make Redis a read-only replica for five seconds, as in a failover."""
    redis = deployment.store.redis
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    await asyncio.sleep(5)
    await redis.execute_command("REPLICAOF", "NO", "ONE")


async def survives_idle(
    deployment: Deployment, tally: Tally, web: Web, outage: Outage, name: str
) -> None:
    """Send an event after the outage."""
    await outage(deployment)
    back_at = time.monotonic()
    await Juicebox(lambda: web).send(envelope(name))
    await deployment.settled([name])
    tally.recovered(time.monotonic() - back_at)
    await tally.audit(deployment, [name])


async def survives_busy(
    deployment: Deployment, tally: Tally, web: Web, outage: Outage, name: str
) -> None:
    """Send events during the whole outage, which begins while some are being processed."""
    events = [f"{name}_{number}" for number in range(_EVENTS)]
    juicebox = Juicebox(lambda: web)
    sent_before = len(deployment.slack.posts)
    sending = asyncio.create_task(juicebox.send_all(map(envelope, events)))
    await deployment.slack.wait_for(sent_before + _EVENTS // 10)
    await outage(deployment)
    back_at = time.monotonic()
    await sending
    await deployment.settled(events)
    tally.recovered(time.monotonic() - back_at)
    await tally.audit(deployment, events)
    assert set(juicebox.answers) <= {"200", "503"}


@asynccontextmanager
async def recovering(deployment: Deployment, tally: Tally, whole: bool) -> AsyncIterator[Web]:
    """Run a web process and a worker; check afterwards that they recovered soon, and no job failed.

    A failed job waits for a minute, an interrupted one does not.
    """
    async with deployment.web() as web, deployment.worker() as worker:
        yield web
    assert "job failed" not in worker.log()
    assert tally.seconds < RECOVERY_TIMEOUT or not whole


@pytest.mark.case(22)
async def test_redis_is_killed_and_restarted_while_the_worker_is_idle(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    async with recovering(deployment, tally, whole) as web:
        for number in range(5 if whole else 1):
            await survives_idle(deployment, tally, web, restarted, f"evt_{number}")


@pytest.mark.case(22)
async def test_redis_is_killed_and_restarted_in_the_middle_of_the_work(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    async with recovering(deployment, tally, whole) as web:
        for number in range(10 if whole else 1):
            await survives_busy(deployment, tally, web, restarted, f"evt_{number}")


@pytest.mark.case(23)
async def test_redis_is_demoted_to_a_replica_in_the_middle_of_the_work(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    async with recovering(deployment, tally, whole) as web:
        for number in range(5 if whole else 1):
            await survives_busy(deployment, tally, web, demoted, f"evt_{number}")


@pytest.mark.parametrize("name", ["web", "worker"])
async def test_each_process_logs_the_address_of_redis_and_when_it_is_back(
    name: str, env: Mapping[str, str]
) -> None:
    """tests/store/test_outage.py checks how often it is logged."""
    with redis_server() as server:
        server.stop()
        address = f"127.0.0.1:{server.port}"
        lines: list[str] = []
        async with process(name, {**env, "REDIS_URL": server.url}) as running:
            assert running.stdout is not None
            output = running.stdout

            async def read_until(words: str) -> None:
                async with asyncio.timeout(HANG_TIMEOUT):
                    while words not in (line := (await output.readline()).decode()):
                        assert line, lines
                        lines.append(line)
                lines.append(line)

            await read_until("redis unreachable")
            assert address in lines[-1]
            assert "the connection is refused" in lines[-1]
            server.start()
            await read_until("redis reachable again")
            assert address in lines[-1]
