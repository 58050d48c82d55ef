"""What bot/store/connection.py uses of redis-py that is not public: its serializer for hiredis.

If a test fails after an upgrade of redis-py, compare `_HiredisPacking` with the new version of
redis/asyncio/connection.py.
"""

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio.connection import AbstractConnection, Connection

from bot.store.connection import connect

URLS = ["redis://localhost:1/0", "rediss://localhost:1/0", "unix:///no/such.sock"]
LARGE = 500_000
ARGUMENTS: dict[str, Any] = {
    "str": "value",
    "empty str": "",
    "spaces": "two words",
    "line breaks": "\r\n*1\r\n",
    "unicode": "Zoë 雪 🎉 \x00",
    "large str": "é" * (LARGE // 2),
    "bytes": b"\x00\xff\r\n$3",
    "empty bytes": b"",
    "large bytes": b"\xff" * LARGE,
    "int": 1_736_951_400_000,
    "zero": 0,
    "negative": -7,
    "long int": 2**70,
    "float": 0.1,
    "whole float": 2.0,
    "tiny float": 5e-324,
    "huge float": 1.5e300,
    "infinite float": float("inf"),
}
COMMANDS: dict[str, tuple[Any, ...]] = {
    **{name: ("SET", "key", value) for name, value in ARGUMENTS.items()},
    "every kind": ("EVALSHA", "sha", 2, *ARGUMENTS.values()),
    "no arguments": ("PING",),
    "two words": ("SCRIPT LOAD", "return 1"),
    "two words as bytes": (b"SCRIPT LOAD", b"return 1"),
}


@pytest.fixture(params=URLS)
def ours(request: pytest.FixtureRequest) -> AbstractConnection:
    """A connection as the bot makes it, which is not opened."""
    pool = connect(request.param, timeout=timedelta(seconds=1)).connection_pool
    made: AbstractConnection = pool.make_connection()
    return made


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_has_the_bytes_of_redis_py(
    ours: AbstractConnection, command: tuple[Any, ...]
) -> None:
    assert b"".join(ours.pack_command(*command)) == b"".join(Connection().pack_command(*command))


@pytest.mark.parametrize("count", [0, 1, 2, len(COMMANDS)])
def test_a_pipeline_has_the_bytes_of_redis_py(ours: AbstractConnection, count: int) -> None:
    commands = list(COMMANDS.values())[:count]
    expected = Connection().pack_commands(commands)
    assert b"".join(ours.pack_commands(commands)) == b"".join(expected)
