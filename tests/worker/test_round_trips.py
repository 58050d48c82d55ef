"""How often a worker asks Redis for an event: to take it, to begin its deliveries, to settle each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.settings import Settings
from bot.store import Store
from bot.store.scripts import ScriptRunner
from bot.wiring import build_jobs
from bot.worker.loop import Worker
from tests.app import MakeSettings
from tests.polling import until
from tests.run_jobs import no_job_is_left
from tests.scripted_jobs import NEVER_POLLS, ScriptedTasks, accept, waiting_workers, working


class CountingRunner(ScriptRunner):
    """Remembers how many scripts each of its round trips carried."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self.trips: list[int] = []

    async def _pipeline(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        self.trips.append(len(commands))
        return await super()._pipeline(commands)


@pytest.fixture
def settings(make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox) -> Settings:
    return make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)


@asynccontextmanager
async def counting(settings: Settings, redis: Redis, store: Store) -> AsyncIterator[CountingRunner]:
    """Run a worker that has loaded its scripts and waits for a job; count from there on."""
    runner = CountingRunner(redis)
    tasks = build_jobs(settings, store=Store(redis, retention=store.retention, runner=runner))

    async def is_idle() -> bool:
        return await no_job_is_left(redis) and await waiting_workers(redis) == 1

    async with AsyncExitStack() as stack:
        for transport in tasks.attempts.transports.values():
            stack.push_async_callback(transport.sender.close)
        worker = await stack.enter_async_context(
            working(
                ScriptedTasks(tasks.store),
                new_worker=lambda _: Worker(tasks, timings=NEVER_POLLS),
            )
        )
        await accept(store, "evt_first")
        await until(lambda: _sent(store, "evt_first"))
        await until(is_idle)
        assert worker._reconciliation is not None
        await worker._reconciliation
        runner.trips.clear()
        yield runner
        await until(is_idle)


async def _sent(store: Store, event_id: str) -> bool:
    stored = await store.events.get(event_id)
    return stored is not None and {str(d.state) for d in stored.deliveries} == {"sent"}


@pytest.mark.parametrize(("mails", "expected"), [((), 3), (("recruiter@example.com",), 4)])
async def test_an_event_takes_three_round_trips_and_each_further_delivery_one_more(
    settings: Settings, redis: Redis, store: Store, mails: tuple[str, ...], expected: int
) -> None:
    to = settings.model_copy(update={"email_to": mails})
    async with counting(to, redis, store) as runner:
        await accept(store)
        await until(lambda: _sent(store, "evt_1"))
        assert runner.trips == [1] * expected


async def test_events_that_are_due_together_share_their_round_trips(
    settings: Settings, redis: Redis, store: Store
) -> None:
    events = [f"evt_{n}" for n in range(20)]
    to_slack = settings.model_copy(update={"email_to": ()})
    async with counting(to_slack, redis, store) as runner:
        await asyncio.gather(*(accept(store, event_id) for event_id in events))

        async def all_sent() -> bool:
            return all([await _sent(store, event_id) for event_id in events])

        await until(all_sent)
        assert len(runner.trips) < 2 * len(events)
