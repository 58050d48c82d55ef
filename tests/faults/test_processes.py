"""The processes of the Procfile: together, alone, and with an invalid setting."""

from collections.abc import Mapping

from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.store.queue import QUEUE
from tests.app import envelope
from tests.faults.deployment import Deployment
from tests.faults.wire import exchange, request
from tests.processes import deliver, process


async def test_the_response_to_head_has_no_body(deployment: Deployment) -> None:
    async with deployment.web() as web:
        for path in (b"/healthz", b"/readyz", b"/metrics", b"/webhooks/juicebox"):
            received = await exchange(web.port, request(line=b"HEAD %s HTTP/1.1" % path))
            shown = await exchange(web.port, request(line=b"GET %s HTTP/1.1" % path))
            assert received.statuses == shown.statuses
            assert received.text.endswith(b"\r\n\r\n")
            assert not shown.text.endswith(b"\r\n\r\n")


async def test_the_queue_waits_for_a_worker(
    env: Mapping[str, str], redis: Redis, slack_api: LocalSlack
) -> None:
    async with process("web", env):
        await deliver(env, envelope())
        assert await redis.zcard(QUEUE) == 1
        async with process("worker", env):
            await slack_api.wait_for(1)
