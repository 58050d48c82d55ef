"""How often a worker asks Redis for an event: to take it, to begin its deliveries, to settle each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from redis.asyncio import Redis

from bot.delivery.sender import CheckLease
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import Destination, Transport
from bot.model.outgoing import OutgoingMessage, RateLimit
from bot.settings import Settings
from bot.store import Store, keys
from bot.store.scripts import ScriptRunner
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker
from tests.app import MakeSettings
from tests.factories import seconds
from tests.pipelines import WatchedPipelines
from tests.polling import until
from tests.run_jobs import no_job_is_left
from tests.scripted_jobs import NEVER_POLLS, ScriptedTasks, accept, waiting_workers, working
from tests.stored_events import deliveries_of

EVENTS = [f"evt_{n}" for n in range(20)]


@pytest.fixture
def settings(make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox) -> Settings:
    return make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)


@pytest.fixture
def pipelines(redis: Redis) -> WatchedPipelines:
    """The round trips of the worker."""
    return WatchedPipelines(redis)


@pytest.fixture
def worker_store(redis: Redis, store: Store, pipelines: WatchedPipelines) -> Store:
    return Store(redis, retention=store.retention, runner=ScriptRunner(pipelines.as_redis))


@asynccontextmanager
async def counting(
    tasks: WorkerTasks, store: Store, pipelines: WatchedPipelines
) -> AsyncIterator[None]:
    """Run a worker that has loaded its scripts and waits for a job; count from there on."""
    redis = store.redis
    await redis.set(keys.RECONCILED, "1", ex=3_600)  # reconciling takes round trips of its own

    async def is_idle() -> bool:
        return await no_job_is_left(redis) and await waiting_workers(redis) == 1

    try:
        async with working(
            ScriptedTasks(tasks.store), new_worker=lambda _: Worker(tasks, timings=NEVER_POLLS)
        ):
            await accept(store, "evt_first")
            await until(lambda: all_sent(store, "evt_first"))
            await until(is_idle)
            pipelines.sizes.clear()
            yield
            await until(is_idle)
    finally:
        for transport in tasks.attempts.transports.values():
            await transport.sender.close()


async def all_sent(store: Store, *event_ids: str) -> bool:
    return {str(d.state) for d in await deliveries_of(store, *event_ids)} == {"sent"}


@pytest.mark.parametrize("mails", [(), ("recruiter@example.com",)])
async def test_an_event_takes_three_round_trips_and_each_further_delivery_one_more(
    settings: Settings,
    store: Store,
    worker_store: Store,
    pipelines: WatchedPipelines,
    mails: tuple[str, ...],
) -> None:
    to = settings.model_copy(update={"email_to": mails})
    async with counting(build_jobs(to, store=worker_store), store, pipelines):
        await accept(store)
        await until(lambda: all_sent(store, "evt_1"))
        assert pipelines.sizes == [1] * (3 + len(mails))


@dataclass
class SenderOfMany:
    """Has sent each message only when it was asked for all but the first one."""

    asked: int = 0
    all_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: OutgoingMessage[object], check_lease: CheckLease) -> str:
        self.asked += 1
        if self.asked == 1 + len(EVENTS):
            self.all_asked.set()
        if self.asked > 1:
            await self.all_asked.wait()
        return "C1/1.1"

    def rate_limit(self, destination: Destination) -> RateLimit:
        return RateLimit(str(destination), seconds(1))

    async def close(self) -> None: ...


async def test_events_that_are_due_together_share_their_round_trips(
    settings: Settings, store: Store, worker_store: Store, pipelines: WatchedPipelines
) -> None:
    """Accepted in one script, while the worker waits; the calls for all of them end at once."""
    to_slack = settings.model_copy(update={"email_to": ()})
    tasks = build_jobs(to_slack, store=worker_store)
    slack = replace(tasks.attempts.transports[Transport.SLACK], sender=SenderOfMany())
    tasks = replace(tasks, attempts=replace(tasks.attempts, transports={Transport.SLACK: slack}))
    async with counting(tasks, store, pipelines):
        await asyncio.gather(*(accept(store, event_id) for event_id in EVENTS))
        await until(lambda: all_sent(store, *EVENTS))
        each = len(EVENTS)
        assert pipelines.sizes == [1, each, each], "to take them, to begin and to settle"
