"""Every Lua script, registered with one client; redis-py sends it anew after a NOSCRIPT."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

_HERE = Path(__file__).parent
_BEGINNINGS = ("steps", "enqueue")
_SHARED = "".join((_HERE / f"{name}.lua").read_text() for name in _BEGINNINGS)

NAMES = sorted({path.stem for path in _HERE.glob("*.lua")} - {*_BEGINNINGS})
"""Every script that can be run."""


class LuaScript:
    """One atomic step in Redis, in one round trip. What it takes is said in its first lines."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._call = redis.register_script(_SHARED + (_HERE / f"{name}.lua").read_text())

    @property
    def sha(self) -> str:
        """The SHA-1 by which Redis knows the script."""
        return self._call.sha

    async def load(self) -> None:
        """Send the script to Redis, so that EVALSHA finds it."""
        await self._call.registered_client.script_load(self._call.script)

    async def __call__(
        self,
        keys: Sequence[str],
        args: Sequence[str | bytes | float],
    ) -> Any:
        return await self._call(keys=keys, args=args)
