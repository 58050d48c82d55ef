"""A limit for the connections to a mail server, shared by all workers."""

from datetime import timedelta

from pydantic_core import to_json
from redis.asyncio import Redis

from bot.model import milliseconds
from bot.store import keys
from bot.store.scripts import LuaScript, ScriptRunner

SLOT_LEASE = timedelta(seconds=15)
"""How long the slots of a killed worker stay taken."""


class SmtpSlots:
    """The connection slots of one mail server. Each has a lease, so a killed worker cannot keep one.

    `take` and `renew` hold a slot for a full lease. Both are idempotent.
    """

    def __init__(
        self,
        redis: Redis,
        host: str,
        port: int,
        *,
        count: int,
        lease: timedelta = SLOT_LEASE,
        runner: ScriptRunner | None = None,
    ) -> None:
        self.count = count
        self.lease = lease
        self._redis = redis
        self._key = keys.smtp_slots(host, port)
        self._script = LuaScript("smtp_slot_take")
        self._runner = runner or ScriptRunner(redis)

    async def take(self, token: str) -> bool:
        """Take a slot under this token; False if all are taken.

        Raises:
            redis.RedisError: if the slot may be taken or not; it is free again after a lease.
        """
        return await self._hold(token, renew_only=False)

    async def renew(self, token: str) -> bool:
        """Keep the slot for another lease; False if it was lost."""
        return await self._hold(token, renew_only=True)

    async def release(self, token: str) -> None:
        await self._redis.zrem(self._key, token)

    async def _hold(self, token: str, *, renew_only: bool) -> bool:
        argument = {
            "token": token,
            "slots": self.count,
            "lease": milliseconds(self.lease),
            "renew_only": renew_only,
        }
        return bool(await self._runner.run(self._script, [self._key], [to_json(argument)]))
