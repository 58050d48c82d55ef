"""The processes of the Procfile: together, alone, and with an invalid setting."""

from collections.abc import Mapping

from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.store.queue import QUEUE
from tests.app import envelope
from tests.faults.deployment import Deployment
from tests.faults.wire import exchange, request
from tests.processes import deliver, process


async def test_an_event_passes_through_the_processes_of_the_procfile(
    env: Mapping[str, str], slack_api: LocalSlack, inbox: Inbox
) -> None:
    async with process("web", env), process("worker", env):
        assert (await deliver(env, envelope())).json() == {"received": True}
        await slack_api.wait_for(1)
        await inbox.wait_for(1)


async def test_the_response_to_head_has_no_body(deployment: Deployment) -> None:
    async with deployment.web() as web:
        for path in (b"/healthz", b"/readyz", b"/metrics", b"/webhooks/juicebox"):
            received = await exchange(web.port, request(line=b"HEAD %s HTTP/1.1" % path))
            shown = await exchange(web.port, request(line=b"GET %s HTTP/1.1" % path))
            assert received.statuses == shown.statuses
            assert received.text.endswith(b"\r\n\r\n")
            assert not shown.text.endswith(b"\r\n\r\n")


async def test_an_invalid_setting_stops_the_process_with_one_line(env: Mapping[str, str]) -> None:
    for name in ("web", "worker"):
        async with process(name, {**env, "JUICEBOX_WEBHOOK_SECRET": ""}) as broken:
            output, _ = await broken.communicate()
            assert broken.returncode == 2
            assert output.decode() == "python -m bot: JUICEBOX_WEBHOOK_SECRET is missing\n"


async def test_the_queue_waits_for_a_worker(
    env: Mapping[str, str], redis: Redis, slack_api: LocalSlack
) -> None:
    async with process("web", env):
        await deliver(env, envelope())
        assert await redis.zcard(QUEUE) == 1
        async with process("worker", env):
            await slack_api.wait_for(1)
