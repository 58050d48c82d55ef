"""The Lua scripts. redis-py sends a script again when Redis answers NOSCRIPT."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

_FOLDER = Path(__file__).parent
_SHARED_FILES = ("steps", "enqueue")
"""Lua functions that precede each script."""
_SHARED = "".join((_FOLDER / f"{name}.lua").read_text() for name in _SHARED_FILES)

NAMES = sorted({path.stem for path in _FOLDER.glob("*.lua")} - {*_SHARED_FILES})
"""All scripts that can be run."""


class LuaScript:
    """One atomic step in Redis, in one round trip. The first lines of the file list its arguments."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._call = redis.register_script(_SHARED + (_FOLDER / f"{name}.lua").read_text())

    @property
    def sha(self) -> str:
        """The SHA-1 that EVALSHA takes."""
        return self._call.sha

    async def load(self) -> None:
        """Send the script to Redis, so that EVALSHA finds it."""
        await self._call.registered_client.script_load(self._call.script)

    async def __call__(self, keys: Sequence[str], args: Sequence[str | bytes | float]) -> Any:
        return await self._call(keys=keys, args=args)
