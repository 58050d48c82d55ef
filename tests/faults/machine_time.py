"""Time that passes when it is told to: for the bot's clock, for its leases, and for Redis."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from redis.asyncio import Redis

from bot.store import scripts

_BEGINNING = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)

_KEY = "machine:time"
_TOLD = "redis.call('TIME')"
_OURS = f"cjson.decode(redis.call('GET', '{_KEY}'))"

# Redis measures in its own time how long a key lives; no command moves that.
_AGE = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left > 0 and left <= tonumber(ARGV[1]) then
    redis.call('DEL', key)
  elseif left > 0 then
    redis.call('PEXPIRE', key, left - tonumber(ARGV[1]))
  end
end
"""


class Time:
    """The true time, and by how much the clocks of the bot's machines are wrong."""

    def __init__(self) -> None:
        self.true = _BEGINNING
        self.wrong_by = timedelta()

    def now(self) -> datetime:
        """What the bot's clock says; no two moments are the same."""
        self.true += _TICK
        return self.true + self.wrong_by

    def monotonic(self) -> float:
        return (self.true - _BEGINNING).total_seconds()

    def timestamp(self) -> float:
        """Seconds since 1970, truly."""
        return self.true.timestamp()

    async def begin(self, redis: Redis) -> None:
        """Redis' own clock goes by the true time too."""
        seconds, microseconds = divmod(round(self.timestamp() * 1_000_000), 1_000_000)
        await redis.set(_KEY, f"[{seconds},{microseconds}]")

    async def pass_by(self, duration: timedelta, redis: Redis) -> None:
        self.true += duration
        await redis.eval(_AGE, 0, str(round(duration / timedelta(milliseconds=1))))  # type: ignore[misc]
        await self.begin(redis)

    def rule(self, patch: pytest.MonkeyPatch) -> None:
        """Make it the time of everything that has a clock of its own."""
        patch.setattr("bot.worker.loop.utc_now", self.now)
        patch.setattr("bot.worker.lease.time", SimpleNamespace(monotonic=self.monotonic))
        patch.setattr("bot.worker.lease._AGAIN", 0.01)
        assert _TOLD in scripts._SHARED or _OURS in scripts._SHARED
        patch.setattr(scripts, "_SHARED", scripts._SHARED.replace(_TOLD, _OURS))
