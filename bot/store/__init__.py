"""Everything that is stored in Redis. No other folder knows the name of a key."""

from datetime import datetime, timedelta

from redis.asyncio import Redis

from bot.model import DeadLetter
from bot.store.backlog import Backlog, dead_letters, read_backlog
from bot.store.counters import Counters
from bot.store.events import Events
from bot.store.forgetting import Forgetting
from bot.store.ledger import Ledger
from bot.store.reconciliation import Reconciliation
from bot.store.records import Records


class Store:
    """Events, deliveries, records and counters on one Redis."""

    def __init__(self, redis: Redis, *, retention: timedelta) -> None:
        self.redis = redis
        self.retention = retention
        self.events = Events(redis, retention)
        self.ledger = Ledger(redis, retention)
        self.records = Records(redis, retention)
        self.forgetting = Forgetting(redis)
        self.reconciliation = Reconciliation(redis, retention)
        self.counters = Counters(redis)

    async def backlog(self, now: datetime) -> Backlog:
        return await read_backlog(self.redis, now, self.retention)

    async def dead_letters(self, now: datetime) -> list[DeadLetter]:
        """Return every dead letter, the latest first; unreadable ones are left out."""
        return await dead_letters(self.redis, now - self.retention)
