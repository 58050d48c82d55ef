"""Everything that is stored in Redis. No other folder knows the name of a key."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.asyncio import Redis

from bot.model import DeadLetter, to_ms
from bot.store import keys
from bot.store.commit import Commits
from bot.store.counters import Counters
from bot.store.events import Events
from bot.store.forgetting import Forgetting
from bot.store.greetings import Greetings
from bot.store.job_queue import JobQueue
from bot.store.places import Places
from bot.store.queue import HEARTBEAT, QUEUE, RUNNING
from bot.store.reading import text_ids
from bot.store.reconciliation import Reconciliation
from bot.store.records import Records
from bot.store.scripts import ScriptRunner
from bot.store.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Backlog:
    """The queue at one moment. Running jobs are due; `oldest_seconds` is how long the oldest other one is."""

    due: int
    later: int
    oldest_seconds: float
    dead: int
    worker_alive: bool


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest events and dead letters, and the time in milliseconds by the clock of Redis."""

    now_ms: int
    event_ids: Sequence[str]
    dead: Sequence[DeadLetter]


class Store:
    """Events, jobs, records and counters on one Redis."""

    def __init__(
        self, redis: Redis, *, retention: timedelta, runner: ScriptRunner | None = None
    ) -> None:
        runner = runner or ScriptRunner(redis)
        self.redis = redis
        self.retention = retention
        self.events = Events(redis, runner, retention)
        self.commits = Commits(runner, retention)
        self.queue = JobQueue(redis, runner)
        self.records = Records(redis)
        self.places = Places(redis, runner, retention)
        self.waiting = Waiting(redis, retention)
        self.greetings = Greetings(redis)
        self.forgetting = Forgetting(redis, self.events.get, self.commits)
        self.reconciliation = Reconciliation(redis, runner, retention)
        self.counters = Counters(redis)

    async def newest(self, now: datetime, events: int, dead: int) -> Newest:
        """Return the ids of the newest events and dead letters, in one round trip."""
        oldest = to_ms(now - self.retention)
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.zrevrange(keys.LOG, 0, events - 1)
            pipe.zrevrangebyscore(keys.DEAD, "+inf", oldest, start=0, num=dead)
            time, ids, letters = await pipe.execute()
        return Newest(_in_ms(*time), text_ids(ids), _readable(letters))

    async def backlog(self, now: datetime, now_ms: int | None = None) -> Backlog:
        """Return the backlog; one round trip if `now_ms` is the time by the clock of Redis, or else two."""
        if now_ms is None:  # jobs are due by the clock of Redis
            now_ms = _in_ms(*await self.redis.time())
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.zcount(QUEUE, "-inf", now_ms)
            pipe.zcard(QUEUE)
            pipe.zcard(RUNNING)
            pipe.zrange(QUEUE, 0, 0, withscores=True)
            pipe.zcount(keys.DEAD, to_ms(now - self.retention), "+inf")
            pipe.exists(HEARTBEAT)
            due, queued, running, first, dead, alive = await pipe.execute()
        oldest_ms = max(0.0, now_ms - first[0][1]) if first else 0.0
        return Backlog(due + running, queued - due, oldest_ms / 1000, dead, bool(alive))

    async def dead_letters(self, now: datetime) -> list[DeadLetter]:
        """Return the readable dead letters, the latest first."""
        oldest = to_ms(now - self.retention)
        return _readable(await self.redis.zrevrangebyscore(keys.DEAD, "+inf", oldest))

    async def event_of(self, delivery_id: str, now: datetime) -> str | None:
        """Return the id of the event of a delivery, if it is a dead letter or the event a recent one."""
        dead = (d.event_id for d in await self.dead_letters(now) if d.delivery_id == delivery_id)
        return next(dead, None) or await self.events.with_delivery(delivery_id)

    async def close(self) -> None:
        """Close every connection to Redis."""
        await self.queue.close()
        await self.redis.aclose()


def _readable(letters: Iterable[bytes]) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    for raw in letters:
        with suppress(ValueError):
            found.append(DeadLetter.parse(raw.decode()))
    return found


def _in_ms(seconds: int, microseconds: int) -> int:
    return seconds * 1_000 + microseconds // 1_000
