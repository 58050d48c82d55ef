"""Everything that is stored in Redis. No other folder knows the name of a key."""

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
from bot.store.job_queue import JobQueue
from bot.store.places import Places
from bot.store.queue import HEARTBEAT, QUEUE, RUNNING
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
        self.forgetting = Forgetting(redis, self.events.get, self.commits)
        self.reconciliation = Reconciliation(redis, runner, retention)
        self.counters = Counters(redis)

    async def backlog(self, now: datetime) -> Backlog:
        seconds, microseconds = await self.redis.time()  # jobs are due by the clock of Redis
        now_ms = seconds * 1_000 + microseconds // 1_000
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
        found: list[DeadLetter] = []
        for raw in await self.redis.zrevrangebyscore(keys.DEAD, "+inf", oldest):
            with suppress(ValueError):
                found.append(DeadLetter.parse(raw.decode()))
        return found

    async def event_of(self, delivery_id: str, now: datetime) -> str | None:
        """Return the id of the event of a delivery, if it is a dead letter or the event a recent one."""
        dead = (d.event_id for d in await self.dead_letters(now) if d.delivery_id == delivery_id)
        return next(dead, None) or await self.events.with_delivery(delivery_id)

    async def close(self) -> None:
        """Close every connection to Redis."""
        await self.queue.close()
        await self.redis.aclose()
