"""Web and worker in one process do what two do, and end together."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from redis.asyncio import Redis

from bot.fakes.redis_server import RedisServer, free_port
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.store import Store
from bot.store.queue import QUEUE
from tests.commands.conftest import Cli
from tests.commands.processes import Process, answer, started
from tests.polling import until

EVENTS = 200
MEGABYTES = 150


async def up(process: Process) -> None:
    await process.until(lambda line: "Uvicorn running" in line)


async def send(cli: Cli, environment: Mapping[str, str], event_id: str) -> None:
    url = f"http://127.0.0.1:{environment['PORT']}/webhooks/juicebox"
    secret = environment["JUICEBOX_WEBHOOK_SECRET"]
    done = await cli("send", "search.completed", "--url", url, "--secret", secret, "--id", event_id)
    assert done.exit_code == 0, done.output


def peak_megabytes(pid: int) -> float:
    """The most memory that it ever had; Linux tells."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def processes_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


async def test_one_process_does_what_two_do(
    environment: dict[str, str], store: Store, slack_api: LocalSlack, inbox: Inbox, cli: Cli
) -> None:
    # A platform sets WEB_CONCURRENCY by itself.
    environment |= {"PORT": str(free_port()), "WEB_CONCURRENCY": "2"}
    async with started(environment, "all", "--host", "127.0.0.1") as process:
        await up(process)
        assert processes_of(process.running.pid) == []
        await send(cli, environment, "evt_1")
        await slack_api.wait_for(1)
        await inbox.wait_for(1)

        async def ready() -> bool:
            return (await answer(f"http://127.0.0.1:{environment['PORT']}/readyz"))[0] == 200

        await until(ready)
        assert await process.end() == 0
    log = "".join(process.lines)
    assert "WEB_CONCURRENCY ignored" in log
    assert "worker stopping" in log
    assert log.count("Application startup complete") == 1
    assert all(line.startswith("timestamp=") for line in process.lines)


async def test_it_stays_small_under_load(
    environment: dict[str, str], store: Store, slack_api: LocalSlack, inbox: Inbox, cli: Cli
) -> None:
    environment["PORT"] = str(free_port())
    async with started(environment, "all", "--host", "127.0.0.1") as process:
        await up(process)
        for batch in range(0, EVENTS, 20):
            await asyncio.gather(*(send(cli, environment, f"evt_{batch + n}") for n in range(20)))
        await slack_api.wait_for(EVENTS)
        await inbox.wait_for(EVENTS)
        peak = peak_megabytes(process.running.pid)
        assert peak < MEGABYTES, peak
        await process.end()


async def test_the_next_process_finishes_what_a_stopped_one_left(
    environment: dict[str, str], redis: Redis, slack_api: LocalSlack, inbox: Inbox, cli: Cli
) -> None:
    environment["PORT"] = str(free_port())
    for last in (False, True):
        async with started(environment, "all", "--host", "127.0.0.1") as process:
            await up(process)
            if last:
                await slack_api.wait_for(20)
                await inbox.wait_for(20)
            else:
                await asyncio.gather(*(send(cli, environment, f"evt_{n}") for n in range(20)))
            assert await process.end() == 0
    assert await redis.zcard(QUEUE) == 0
    assert len(slack_api.posts) == len(inbox.mails) == 20


async def test_it_waits_for_redis_at_start(
    environment: dict[str, str], redis_process: RedisServer, slack_api: LocalSlack, cli: Cli
) -> None:
    environment["PORT"] = str(free_port())
    redis_process.stop()
    try:
        async with started(environment, "all", "--host", "127.0.0.1") as process:
            await process.until(lambda line: "redis unreachable" in line)
            redis_process.start()
            await send(cli, environment, "evt_1")
            await slack_api.wait_for(1)
            await process.end()
    finally:
        if redis_process.process is None:
            redis_process.start()
