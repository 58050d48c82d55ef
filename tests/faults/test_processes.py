"""The processes of the Procfile: started as it says, killed, stopped, and restarted."""

import os
import signal
import time
from collections.abc import Mapping

from redis.asyncio import Redis

from bot.demo.faults import Fault
from bot.demo.inbox import Inbox
from bot.demo.slack.api import LocalSlack
from bot.model import DeliveryState
from bot.queue import QUEUE
from bot.store import Store
from tests.processes import deliver, process
from tests.running import envelope
from tests.waiting import until

RECOVERY_SECONDS = 16


async def test_an_event_passes_through_the_processes_of_the_procfile(
    env: Mapping[str, str], slack_api: LocalSlack, inbox: Inbox
) -> None:
    async with process("web", env), process("worker", env):
        assert (await deliver(env, envelope())).json() == {"received": True}
        await slack_api.wait_for(1, timeout=20)
        await inbox.wait_for(1, timeout=20)


async def test_a_killed_workers_job_runs_elsewhere_within_16_seconds(
    env: Mapping[str, str], store: Store, slack_api: LocalSlack, inbox: Inbox
) -> None:
    """Killed while Slack holds its answer back, after it has taken the message: one post."""
    slack_api.script("chat.postMessage", [Fault.hang(accepted=True)])
    async with process("web", env):
        async with process("worker", env) as first:
            await deliver(env, envelope())
            await slack_api.wait_for_calls("chat.postMessage", 1, timeout=20)
            await inbox.wait_for(1, timeout=20)
            os.kill(first.pid, signal.SIGKILL)
            await first.wait()
        killed_at = time.monotonic()
        async with process("worker", env):

            async def arrived() -> bool:
                states = [d.state for d in await store.ledger.of_event("evt_1")]
                return states == [DeliveryState.SENT, DeliveryState.SENT]

            await until(arrived, seconds=RECOVERY_SECONDS)
    assert time.monotonic() - killed_at < RECOVERY_SECONDS
    assert len(slack_api.posts) == 1
    assert len(slack_api.calls("chat.postMessage")) == 1


async def test_sigterm_finishes_what_runs_and_leaves_nothing_half_done(
    env: Mapping[str, str], redis: Redis, store: Store, slack_api: LocalSlack
) -> None:
    slack_api.messages_per_second = None
    async with process("web", env):
        for number in range(40):
            await deliver(env, envelope(f"evt_{number}"))
        async with process("worker", env) as worker:
            await slack_api.wait_for(5, timeout=20)
            started = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            assert await worker.wait() == 0
            assert time.monotonic() - started < 25
    assert await redis.keys("arq:in-progress:*") == []
    half_done = [
        delivery
        for deliveries in (await store.ledger.of_events([f"evt_{n}" for n in range(40)])).values()
        for delivery in deliveries
        if delivery.state is DeliveryState.SENDING
    ]
    assert half_done == []


async def test_a_bad_setting_ends_the_process_with_one_line(env: Mapping[str, str]) -> None:
    for name in ("web", "worker"):
        async with process(name, {**env, "JUICEBOX_WEBHOOK_SECRET": ""}) as broken:
            printed, _ = await broken.communicate()
            assert broken.returncode == 2
            assert printed.decode() == "juicebox-bot: JUICEBOX_WEBHOOK_SECRET is missing\n"


async def test_the_queue_waits_for_a_worker(
    env: Mapping[str, str], redis: Redis, slack_api: LocalSlack
) -> None:
    async with process("web", env):
        await deliver(env, envelope())
        assert await redis.zcard(QUEUE) == 1
        async with process("worker", env):
            await slack_api.wait_for(1, timeout=20)
