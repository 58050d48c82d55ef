"""Virtual time: for the bot's clocks, for its leases, and for Redis."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from redis.asyncio import Redis

from bot.store import scripts

_START = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

_KEY = "machine:time"

_SCALE = 1_000
"""Redis measures in real time how long a key lives, and no command changes that. So keys get lives that are
this many times longer: none ends by itself, however slow the machine is, and `advance` shortens them."""

# Precedes each script: TIME returns the virtual time, and lives are scaled.
_VIRTUAL_TIME = f"""
local redis = setmetatable({{}}, {{__index = redis}})
local function scaled(run)
  return function(command, ...)
    local args = {{...}}
    if command == 'TIME' then
      return cjson.decode(run('GET', '{_KEY}'))
    elseif command == 'PEXPIRE' or command == 'PSETEX' then
      args[2] = args[2] * {_SCALE}
    elseif command == 'SET' then
      for i, word in ipairs(args) do
        args[i + 1] = word == 'PX' and args[i + 1] * {_SCALE} or args[i + 1]
      end
    end
    local reply = run(command, unpack(args))
    return command == 'PTTL' and reply > 0 and math.floor(reply / {_SCALE}) or reply
  end
end
redis.call, redis.pcall = scaled(redis.call), scaled(redis.pcall)
"""

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


def virtual_scripts() -> AbstractContextManager[object]:
    """Have the scripts that are made inside the block see the virtual time."""
    return patch.object(scripts, "_SHARED", _VIRTUAL_TIME + scripts._SHARED)


class Time:
    """The true time, and by how much the clocks of the bot's machines are wrong."""

    def __init__(self) -> None:
        self.true = _START
        self.wrong_by = timedelta()

    def now(self) -> datetime:
        """Return the time of the bot's clock, which is different at each call."""
        self.true += _MS
        return self.true + self.wrong_by

    def monotonic(self) -> float:
        return (self.true - _START).total_seconds()

    def timestamp(self) -> float:
        """Return the true time in seconds since 1970."""
        return self.true.timestamp()

    async def set_redis_clock(self, redis: Redis) -> None:
        """Set the clock of Redis to the true time."""
        seconds, microseconds = divmod(round(self.timestamp() * 1_000_000), 1_000_000)
        await redis.set(_KEY, f"[{seconds},{microseconds}]")

    async def advance(self, duration: timedelta, redis: Redis) -> None:
        self.true += duration
        aged = round(duration / _MS * _SCALE)
        await redis.eval(_AGE, 0, str(aged))  # type: ignore[misc]  # redis-py types it as sync, too
        await self.set_redis_clock(redis)
