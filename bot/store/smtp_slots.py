"""How many connections to a mail server are open, counted over all workers."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.store import keys
from bot.store.scripts import LuaScript

SLOT_LEASE = timedelta(seconds=15)
"""The slots of a killed worker are free again after this."""


class SmtpSlots:
    """The connection slots of one mail server. Each has a lease, so that no worker can keep one for ever.

    A full lease is given by each `take` and `renew`. Both are harmless to repeat.
    """

    def __init__(
        self, redis: Redis, host: str, port: int, count: int, lease: timedelta = SLOT_LEASE
    ) -> None:
        self.count = count
        self.lease = lease
        self._redis = redis
        self._key = keys.smtp_slots(host, port)
        self._script = LuaScript(redis, "smtp_slot_take")

    async def take(self, token: str) -> bool:
        """Hold a slot under that token; False if all are taken.

        Raises:
            redis.RedisError: if it is not known whether the slot is held; it is free after a lease.
        """
        return await self._hold(token, renew="0")

    async def renew(self, token: str) -> bool:
        """Hold the slot for another lease; False if it was lost."""
        return await self._hold(token, renew="1")

    async def release(self, token: str) -> None:
        await self._redis.zrem(self._key, token)

    async def _hold(self, token: str, renew: str) -> bool:
        lease_ms = round(self.lease / timedelta(milliseconds=1))
        return bool(await self._script([self._key], [token, self.count, lease_ms, renew]))
