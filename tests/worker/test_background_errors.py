"""An error that nobody expected ends neither the renewal of leases nor the wait for jobs."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.store.commit import DONE, End
from bot.worker.running import RunningJob
from tests.scripted_jobs import NEVER_POLLS, QUICK, QUICK_RETRIES, ScriptedTasks, accept, working


def failing_once(method: Callable[..., Any], failed: asyncio.Event) -> Callable[..., Any]:
    """Return the method, whose first call raises."""

    async def call(*args: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("unexpected")
        return await method(*args)

    return call


async def test_leases_are_renewed_after_an_unexpected_error(
    jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job runs for longer than its lease, and once."""
    failed, renewed = asyncio.Event(), asyncio.Event()
    renew = jobs.store.queue.renew

    async def watched(*args: Any) -> Any:
        lost = await renew(*args)
        renewed.set()
        return lost

    monkeypatch.setattr(jobs.store.queue, "renew", failing_once(watched, failed))

    async def until_renewed(_: RunningJob) -> End:
        await renewed.wait()
        return DONE

    jobs.script = [until_renewed]
    timings = replace(QUICK_RETRIES, renewal_interval=QUICK, redis_retry_interval=QUICK)
    with capture_logs() as logs:
        async with working(jobs, timings):
            await accept(jobs.store)
            await renewed.wait()
    assert failed.is_set()
    assert jobs.runs == ["evt_1"]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == [
        "leases not renewed"
    ]


async def test_a_job_wakes_the_worker_after_an_unexpected_error(
    jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()
    monkeypatch.setattr(jobs.store.queue, "wait", failing_once(jobs.store.queue.wait, failed))
    timings = replace(NEVER_POLLS, retry_after_fault=QUICK)
    with capture_logs() as logs:
        async with working(jobs, timings):
            await failed.wait()
            await accept(jobs.store)
            await jobs.ran.wait()
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["listener failed"]


async def test_a_connection_that_does_not_close_does_not_end_the_worker(
    jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a TLS connection to a server that hangs."""
    failed = asyncio.Event()
    monkeypatch.setattr(jobs.store.queue, "take", failing_once(jobs.store.queue.take, failed))

    async def disconnect(**_: bool) -> None:
        raise TimeoutError

    monkeypatch.setattr(jobs.store.redis.connection_pool, "disconnect", disconnect)
    async with working(jobs, replace(NEVER_POLLS, retry_after_fault=timedelta(0))):
        await failed.wait()
        await accept(jobs.store)
        await jobs.ran.wait()
    assert jobs.runs == ["evt_1"]
