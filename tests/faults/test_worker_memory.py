"""A full Redis: events that cannot be stored are refused, and nothing is lost."""

import time

import pytest
from redis import Redis

from bot.fakes.redis_server import RedisServer
from tests.app import envelope
from tests.faults.deployment import Deployment, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import until

POST = "chat.postMessage"
_MB = 1_000_000
_FOREIGN = [f"foreign:{n}" for n in range(40)]
"""100 KB each: larger values would need as much memory again for the buffer of the client."""


def fill(server: RedisServer) -> None:
    """Fill the memory of Redis with keys of another program."""
    with Redis(port=server.port) as client:
        for name in _FOREIGN:
            client.set(name, b"x" * (_MB // 10))
        client.config_set("maxmemory", client.info("memory")["used_memory"] - _MB)


def free(server: RedisServer) -> None:
    with Redis(port=server.port) as client:
        client.delete(*_FOREIGN)


async def _answers(web: Web, path: str, status: int) -> bool:
    return (await web.client.get(path)).status_code == status


@pytest.mark.case(24)
async def test_a_full_redis_refuses_new_events_keeps_the_old_ones_and_recovers(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    """Redis becomes full after Slack has accepted a message, and before the worker records that."""
    slack = deployment.slack
    count = 50 if whole else 5
    kept = [f"evt_{n}" for n in range(count)]
    refused = [f"evt_{n}" for n in range(count, 2 * count)]
    async with deployment.web() as web:
        juicebox = Juicebox(lambda: web)
        for event_id in kept:
            await juicebox.send(envelope(event_id))
        slack.plan_faults(POST, [None])
        slack.faults.on_change = lambda: fill(deployment.redis)
        async with deployment.worker() as worker:
            await slack.wait_for(1)
            for event_id in refused:
                answer = await web.receive(envelope(event_id))
                assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
                assert await deployment.store.events.get(event_id) is None
            await until(lambda: _answers(web, "/readyz", 503))
            assert worker.process.returncode is None, worker.log()

            freed_at = time.monotonic()
            free(deployment.redis)
            await deployment.settled(kept)
            tally.recovered(time.monotonic() - freed_at)
            for event_id in refused:
                await juicebox.send(envelope(event_id))
            await deployment.settled(refused)
            await until(lambda: _answers(web, "/readyz", 200))
    await tally.audit(deployment, [*kept, *refused])
    assert len(slack.calls(POST)) == len(slack.posts)
    assert tally.ambiguous == 0, "an arrival is recorded as soon as there is memory for it"
