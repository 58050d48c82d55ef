"""The Lua scripts, and a runner that sends concurrent calls in one pipeline."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ReadOnlyError

_FOLDER = Path(__file__).parent
_SHARED = "".join(path.read_text() for path in sorted(_FOLDER.glob("lib/*.lua")))
"""Lua functions that precede each script."""
NAMES = tuple(sorted(path.stem for path in _FOLDER.glob("*.lua")))

Argument = str | bytes | int | float


class LuaScript:
    """The source of a script, by the name of its file. Its first lines list the arguments.

    One that is `batched` runs once for all calls that wait: it takes the keys and the arguments of one
    call after another, and returns a list of replies.
    """

    def __init__(self, name: str, *, batched: bool = False) -> None:
        self.name = name
        self.batched = batched
        self.source = _SHARED + (_FOLDER / f"{name}.lua").read_text()
        self.sha = sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        """The SHA-1 that EVALSHA takes."""


@dataclass(slots=True, eq=False)
class _Call:
    """A script that is to run, the future of its reply, and when its caller stops waiting."""

    script: LuaScript
    keys: Sequence[str]
    args: Sequence[Argument]
    reply: asyncio.Future[Any]
    deadline: float


class ScriptRunner:
    """Runs each script as one atomic step. Calls that are made while a pipeline is in flight share the next one.

    One pipeline is under way at a time, so that under load each carries many scripts, which costs far less
    time than one by one; alone, a script waits for nothing.

    `timeout` is how long a caller waits; all callers share a timer.
    """

    def __init__(self, redis: Redis, timeout: timedelta | None = None) -> None:
        self._redis = redis
        self._timeout = timeout.total_seconds() if timeout else math.inf
        self._waiting: list[_Call] = []
        self._sent: Sequence[_Call] = ()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, script: LuaScript, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Return the reply of the script.

        Raises:
            redis.RedisError: if it failed, or it is unknown whether it ran.
            TimeoutError: if it is unknown whether it ran, or will.
        """
        loop = asyncio.get_running_loop()
        call = _Call(script, keys, args, loop.create_future(), loop.time() + self._timeout)
        self._waiting.append(call)
        if self._timer is None and self._timeout < math.inf:
            self._timer = loop.call_at(call.deadline, self._expire)
        if self._task is None:
            self._task = loop.create_task(self._run_all())
        return await call.reply

    async def _run_all(self) -> None:
        try:
            while self._waiting:
                self._sent, self._waiting = self._waiting, []
                await self._send(self._sent)
        finally:
            self._sent, self._task = (), None

    def _expire(self) -> None:
        """Fail the calls that are overdue, and start the timer again for the oldest other one."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        left: list[_Call] = []
        for call in (*self._sent, *self._waiting):
            if call.reply.done():
                continue
            if call.deadline <= now:
                call.reply.set_exception(TimeoutError("Redis has not answered in time"))
            else:
                left.append(call)
        self._waiting = [call for call in self._waiting if not call.reply.done()]
        self._timer = loop.call_at(left[0].deadline, self._expire) if left else None

    async def _send(self, calls: Sequence[_Call]) -> None:
        groups = _grouped(calls)
        commands = [_command(group) for group in groups]
        try:
            replies = await self._pipeline(commands)
            if any(map(_is_read_only, replies)):  # a new connection may lead to the new primary
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                replies = await self._pipeline(commands)
            missing = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if missing:
                sources = {groups[i][0].script.source for i in missing}
                await self._pipeline([("SCRIPT LOAD", source) for source in sources])
                again = await self._pipeline([commands[i] for i in missing])
                for i, reply in zip(missing, again, strict=True):
                    replies[i] = reply
        except BaseException as error:
            _settle(calls, [error] * len(calls))
            if not isinstance(error, Exception):
                raise
        else:
            for group, reply in zip(groups, replies, strict=True):
                is_list = group[0].script.batched and isinstance(reply, list)
                _settle(group, reply if is_list else [reply] * len(group))

    async def _pipeline(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            replies: list[Any] = await pipe.execute(raise_on_error=False)
        return replies


def _grouped(calls: Sequence[_Call]) -> list[list[_Call]]:
    """Return the calls by command: those of a batched script together."""
    groups: list[list[_Call]] = []
    batches: dict[LuaScript, list[_Call]] = {}
    for call in calls:
        if call.script in batches:
            batches[call.script].append(call)
            continue
        groups.append([call])
        if call.script.batched:
            batches[call.script] = groups[-1]
    return groups


def _command(calls: Sequence[_Call]) -> tuple[Argument, ...]:
    keys = [key for call in calls for key in call.keys]
    args = [arg for call in calls for arg in call.args]
    return ("EVALSHA", calls[0].script.sha, len(keys), *keys, *args)


def _is_read_only(reply: Any) -> bool:
    parts = reply if isinstance(reply, list) else [reply]
    return any(isinstance(part, ReadOnlyError) for part in parts)


def _settle(calls: Sequence[_Call], replies: Sequence[Any]) -> None:
    for call, reply in zip(calls, replies, strict=True):
        if call.reply.done():
            continue  # its caller has gone
        if isinstance(reply, BaseException):
            call.reply.set_exception(reply)
        else:
            call.reply.set_result(reply)
