"""Redis killed, restarted and demoted under the whole bot: what waited is done within seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import pytest

from bot.fakes.redis_server import redis_server
from tests.app import envelope
from tests.faults.deployment import Deployment, Running, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import HANG_TIMEOUT
from tests.processes import process

DRAINED_SECONDS = 5.0
"""After Redis is back; measured with `--whole`, where nothing else uses the machine."""
_BUSY = 100
"""Events that come in all at once."""

Away = Callable[[Deployment], Awaitable[None]]


async def restarted(deployment: Deployment) -> None:
    """Killed, gone for a moment, started again from its AOF."""
    deployment.redis.stop()
    await asyncio.sleep(1)
    deployment.redis.start()


async def demoted(deployment: Deployment) -> None:
    """A replica of nothing for five seconds, as in a failover: it answers, and takes no writes."""
    redis = deployment.store.redis
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    await asyncio.sleep(5)
    await redis.execute_command("REPLICAOF", "NO", "ONE")


async def comes_through_idle(
    deployment: Deployment, tally: Tally, web: Web, away: Away, name: str
) -> None:
    """Nothing is to do while Redis is away, and then an event comes."""
    await away(deployment)
    back_at = time.monotonic()
    await Juicebox(lambda: web).send(envelope(name))
    await deployment.settled([name])
    tally.recovered(time.monotonic() - back_at)
    await tally.audit(deployment, [name])


async def comes_through_busy(
    deployment: Deployment, tally: Tally, web: Web, away: Away, name: str
) -> None:
    """Events come in all the while, and are worked on at the moment when Redis goes."""
    events = [f"{name}_{number}" for number in range(_BUSY)]
    juicebox = Juicebox(lambda: web)
    already = len(deployment.slack.posts)
    sending = asyncio.create_task(juicebox.send_all(map(envelope, events)))
    await deployment.slack.wait_for(already + _BUSY // 10)
    await away(deployment)
    back_at = time.monotonic()
    await sending
    await deployment.settled(events)
    tally.recovered(time.monotonic() - back_at)
    await tally.audit(deployment, events)
    assert set(juicebox.answers) <= {"200", "503"}


def is_no_fault_of_ours(worker: Running) -> bool:
    """Whether the worker took it for Redis' fault: a job that fails for our own waits for a minute."""
    return "job failed" not in worker.log()


@pytest.mark.case(22)
async def test_redis_is_killed_and_restarted_while_nothing_is_to_do(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    async with deployment.web() as web, deployment.worker() as worker:
        for number in range(5 if whole else 1):
            await comes_through_idle(deployment, tally, web, restarted, f"evt_{number}")
    assert is_no_fault_of_ours(worker)
    assert tally.seconds < DRAINED_SECONDS or not whole


@pytest.mark.case(22)
async def test_redis_is_killed_and_restarted_in_the_middle_of_the_work(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    async with deployment.web() as web, deployment.worker() as worker:
        for number in range(10 if whole else 1):
            await comes_through_busy(deployment, tally, web, restarted, f"evt_{number}")
    assert is_no_fault_of_ours(worker)
    assert tally.seconds < DRAINED_SECONDS or not whole


@pytest.mark.case(23)
async def test_redis_is_demoted_to_a_replica_in_the_middle_of_the_work(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    async with deployment.web() as web, deployment.worker() as worker:
        for number in range(5 if whole else 1):
            await comes_through_busy(deployment, tally, web, demoted, f"evt_{number}")
    assert is_no_fault_of_ours(worker)
    assert tally.seconds < DRAINED_SECONDS or not whole


@pytest.mark.parametrize("name", ["web", "worker"])
async def test_each_process_says_where_redis_should_be_and_when_it_is_back(
    name: str, env: Mapping[str, str]
) -> None:
    """How often it is said meanwhile is shown in tests/store/test_outage.py."""
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
