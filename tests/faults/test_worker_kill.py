"""A worker is killed at each await of a job: another one finishes the job, and nothing is sent twice."""

import sys
import time
from asyncio import StreamReader
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.clock import utc_now
from bot.delivery import transitions
from bot.delivery.recipients import Recipients, deliveries_of
from bot.delivery.subscriptions import Decision
from bot.fakes.redis_server import RedisServer, redis_server
from bot.intake.envelope import parse_envelope
from bot.model import Audience, Destination, EventState, Transport
from bot.model.choices import subscribe
from bot.model.subscription import Mute, Subscription
from bot.store import Store
from bot.store.change import Change
from bot.store.connection import connect
from bot.store.queue import JOB_KEY, JOBS, QUEUE
from tests.app import envelope
from tests.event_fixtures import notifications_of
from tests.factories import MAIL, SLACK
from tests.faults.deployment import Deployment
from tests.faults.tally import RECOVERY_SECONDS, Tally, longest_lease
from tests.polling import until
from tests.processes import running
from tests.run_jobs import event_job, no_job_is_left
from tests.stored_events import read

OPERATOR = "U0OPERATOR"
_DATABASES = 600
"""More than any scenario has boundaries."""


@pytest.fixture
def many_databases() -> Iterator[RedisServer]:
    """A Redis with a database for each killed worker, so that none waits for the lease of another."""
    with redis_server("--databases", str(_DATABASES * len(WORK))) as server:
        yield server


Prepare = Callable[[Store, str], Awaitable[None]]
"""Prepares jobs for the event with this id."""


@dataclass(frozen=True)
class Work:
    """Work for the workers that are killed, its number of jobs, and what the ids of its events end with."""

    name: str
    jobs: int
    prepare: Prepare
    suffixes: Sequence[str] = ("",)


async def an_event(store: Store, event_id: str) -> None:
    body = envelope(event_id)
    await store.events.accept(parse_envelope(body, utc_now()), body, utc_now())


async def an_invalid_event(store: Store, event_id: str) -> None:
    """A dead letter, which the second job reports."""
    body = envelope(event_id, resultCount=3)
    await store.events.accept(parse_envelope(body, utc_now()), body, utc_now())


async def two_retries(store: Store, event_id: str) -> None:
    """Retries of a message and a mail that may have been delivered."""
    await an_event(store, event_id)
    change = Change(await read(store, event_id), utc_now())
    change.conclude(EventState.HANDLED)
    [notification] = notifications_of(change.stored.event)
    recipients = Recipients({Audience.RECRUITERS: (SLACK, MAIL)})
    for delivery in deliveries_of(notification, recipients, {}, change.now):
        begun = transitions.begin(change, delivery, "token")
        transitions.retrying(
            change, begun, "timeout", after=timedelta(), uses_attempt=True, maybe_delivered=True
        )
    await store.commits.apply(change)
    done = str(event_job(event_id))
    for key in (JOBS, QUEUE):
        await store.redis.zrem(key, done)
    await store.redis.delete(JOB_KEY + done)


async def a_subscription(store: Store, event_id: str) -> None:
    """An event that somebody has subscribed to, in a place whose choices have just changed."""
    rule = Subscription(("search.*",), OPERATOR, utc_now())
    to = Destination(Transport.SLACK, OPERATOR)
    await store.places.edit(to, lambda place: subscribe(place, rule), utc_now())
    await an_event(store, event_id)


async def a_summary(store: Store, event_id: str) -> None:
    """Three deliveries that were held, and one that a mute kept back; all are due now."""
    for suffix in SUMMARY_SUFFIXES:
        await an_event(store, event_id + suffix)
        change = Change(await read(store, event_id + suffix), utc_now())
        change.conclude(EventState.HANDLED)
        [notification] = notifications_of(change.stored.event)
        mute = Mute(change.now, change.now, OPERATOR)
        decision = Decision(held_until=change.now)
        if suffix == SUMMARY_SUFFIXES[-1]:
            decision = Decision(skipped="muted until now", mute=mute)
        recipients = Recipients({Audience.RECRUITERS: (SLACK, MAIL)})
        for delivery in deliveries_of(notification, recipients, {}, change.now):
            transitions.decided(change, delivery, decision)
        await store.commits.apply(change)
        done = str(event_job(event_id + suffix))
        for key in (JOBS, QUEUE):
            await store.redis.zrem(key, done)
        await store.redis.delete(JOB_KEY + done)


SUMMARY_SUFFIXES = ("", "_b", "_c", "_muted")
WORK = [
    Work("event", 1, an_event),
    Work("subscription", 1, a_subscription),
    Work("summary", 2, a_summary, SUMMARY_SUFFIXES),
    Work("invalid", 2, an_invalid_event),
    Work("retries", 2, two_retries),
]


@asynccontextmanager
async def on_database(
    deployment: Deployment, server: RedisServer, number: int
) -> AsyncIterator[Deployment]:
    """Return the deployment on this Redis database."""
    url = f"redis://127.0.0.1:{server.port}/{number}"
    redis = connect(url, timeout=timedelta(seconds=60), connections=1)
    yield replace(deployment, store=Store(redis, retention=timedelta(days=30)))
    await redis.aclose()


@dataclass
class Kills:
    """Kills workers, each at another boundary, and checks that the next worker recovers."""

    deployment: Deployment
    server: RedisServer
    tally: Tally
    work: Work
    places: Counter[str] = field(default_factory=Counter)
    """The number of kills at each line of the bot."""
    boundaries: int = 0
    """The maximum number of boundaries without a kill; 0 until it is known.

    It varies between runs: data that has arrived already is not awaited.
    """

    async def of(self, numbers: range) -> None:
        """Kill one worker at each boundary with these numbers that the work has."""
        offset = WORK.index(self.work) * _DATABASES
        async with AsyncExitStack() as stack:
            on: dict[int, Deployment] = {}
            for number in numbers:
                database = on_database(self.deployment, self.server, offset + number)
                on[number] = await stack.enter_async_context(database)
                await self.work.prepare(on[number].store, self._events(number)[0])
            command = self._command(offset, numbers)
            workers = await stack.enter_async_context(running(command, self.deployment.env))
            assert workers.stdout is not None
            killed_at = await self._killed(workers.stdout, len(numbers))
            await self._recovered(on, killed_at)
            workers.terminate()
            assert await workers.wait() == 0
            for number in killed_at:
                await self.tally.audit(on[number], self._events(number))

    def _events(self, number: int) -> list[str]:
        return [f"{self.work.name}_{number}{suffix}" for suffix in self.work.suffixes]

    def _command(self, offset: int, numbers: range) -> list[str]:
        url, log = f"redis://127.0.0.1:{self.server.port}", self.deployment.folder / "killed.log"
        counts = (offset, self.work.jobs, numbers[0], numbers.step, numbers[-1])
        return [sys.executable, "-m", "tests.faults.killed_at", url, str(log), *map(str, counts)]

    async def _killed(self, reports: StreamReader, count: int) -> dict[int, float]:
        """Return when each worker was killed, by number; workers that finished are left out."""
        killed_at = {}
        for _ in range(count):
            what, number, *more = (await reports.readline()).decode().split()
            if what == "killed":
                killed_at[int(number)] = float(more[0])
                self.places[" ".join(more[1:])] += 1
            else:
                self.boundaries = max(self.boundaries, int(more[0]))
        return killed_at

    async def _recovered(self, on: dict[int, Deployment], killed_at: dict[int, float]) -> None:
        waiting = dict(killed_at)

        async def all_done() -> bool:
            for number, at in [*waiting.items()]:
                redis = on[number].store.redis
                assert await longest_lease(redis) < RECOVERY_SECONDS
                if await no_job_is_left(redis):
                    self.tally.recovered(time.monotonic() - at)
                    del waiting[number]
            return not waiting

        await until(all_done)
        for number, deployment in on.items():
            await deployment.settled(self._events(number))


@pytest.mark.case(14)
async def test_a_worker_killed_at_any_await_of_its_work_is_replaced_within_16_seconds(
    deployment: Deployment, many_databases: RedisServer, tally: Tally, whole: bool
) -> None:
    """The short form kills at every sixteenth await of the first jobs, the whole one at each await."""
    at_once, step = (20, 1) if whole else (10, 16)
    for work in WORK if whole else WORK[:3]:
        kills = Kills(deployment, many_databases, tally, work)
        first = 1
        while not kills.boundaries or first <= kills.boundaries:
            await kills.of(range(first, first + step * at_once, step))
            first += step * at_once
        killed = kills.places.total()
        assert killed >= 0.9 * kills.boundaries // step - 1
        print(f"{work.name}: killed at {killed} boundaries of about {kills.boundaries}")  # noqa: T201  # shown by -s
        for place, count in sorted(kills.places.items()):
            print(f"{count:5} {place}")  # noqa: T201  # shown by -s
    assert tally.seconds <= RECOVERY_SECONDS or not whole
