"""Runs every script on test keys, to find what this Redis refuses before the first event arrives.

The store's own classes run, with a runner that adds a suffix to the keys that events share.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.errors import BotError
from bot.model import Destination, Event, EventState, Record, Transport, to_ms
from bot.store import Store, keys
from bot.store.change import Change
from bot.store.commit import DONE
from bot.store.job_queue import TakenJob
from bot.store.migration import Migration
from bot.store.queue import HEARTBEAT, JOB_KEY, WAKE, JobId, Task
from bot.store.scripts import NAMES, Argument, LuaScript, ScriptRunner
from bot.store.smtp_slots import SmtpSlots
from bot.store.stored_event import decode_event

_RETENTION = timedelta(minutes=10)
"""Test keys that could not be removed expire after this; events a day later."""
_LEASE = timedelta(seconds=10)
_NAME = "doctor"
_UNREADABLE_REPLY = (BotError, ValueError, TypeError, LookupError, AttributeError)
"""Raised if a reply is not one that Redis gives."""
_CONNECTION_LOST = (RedisConnectionError, RedisTimeoutError)

Run = Callable[[str, Awaitable[Any]], Awaitable[Any]]
"""Awaits a named call, and returns its result, or None if it failed."""


@dataclass(slots=True)
class WriteCheck:
    """The result: errors, each with its command, and the names of calls with an unexpected result."""

    failed: list[tuple[RedisError, str]] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


async def check_writes(redis: Redis, now: datetime) -> WriteCheck:
    """Load and run every script and the other commands of the store, and remove the test keys.

    A lost connection ends the check, and is the last failure then.
    """
    client, check = _WatchedClient(redis), WriteCheck()
    runner = _TestKeyRunner(client)
    run = partial(_run, client, check)
    store = Store(client, retention=_RETENTION, runner=runner)
    event = Event(f"{_NAME}-{uuid4().hex}", _NAME, now, data={})
    runner.test_key(JOB_KEY + str(JobId(Task.EVENT, event.id)))  # the scripts get it in their JSON
    try:
        with suppress(*_CONNECTION_LOST):
            for name in NAMES:  # a cached script would hide that SCRIPT LOAD is forbidden
                await run(name, client.script_load(LuaScript(name).source))
            await _run_scripts(
                run, store, event, SmtpSlots(client, _NAME, 25, count=1, runner=runner)
            )
            await run("migrate", _migrate(client, runner, now))
            await _run_commands(run, client, store, event, runner.test_key)
    finally:
        with suppress(*_CONNECTION_LOST):
            for key in runner.written:
                await run("remove", client.delete(key))
    if check.failed:
        check.unexpected.clear()  # a failed call makes later ones fail
    return check


async def _run(client: "_WatchedClient", check: WriteCheck, name: str, call: Awaitable[Any]) -> Any:
    """Await a call, whose result is unexpected if it is False; return it, or None if it failed.

    Raises:
        ConnectionError, TimeoutError: of redis-py, if the connection is lost.
    """
    result, client.last_command = None, ""
    try:
        result = await call
    except RedisError as error:
        check.failed.append((error, client.last_command))
        if isinstance(error, _CONNECTION_LOST):
            raise
    except _UNREADABLE_REPLY:
        result = False
    if result is False:
        check.unexpected.append(name)
    return result


async def _run_scripts(run: Run, store: Store, event: Event, slots: SmtpSlots) -> None:
    """Accept, handle and forget an event, without sending a message."""
    now, job = event.timestamp, JobId(Task.EVENT, event.id)
    body = to_json({"id": event.id, "type": event.type, "data": {}})
    await run("accept", store.events.accept(event, body, now))
    taken = await run("take", _take(store, job))
    if taken:
        await run("renew", _renew(store, taken))
        await run("commit", _commit(store, event, taken))
    await run("reconcile", store.reconciliation.find_lost())
    await run("restore job", store.reconciliation.restore_job(job, now, awaited_by=event.id))
    await run("smtp slot", slots.take(_NAME))
    destination = Destination(Transport.SLACK, _NAME)
    await run(
        "place", store.places.edit(destination, lambda place: replace(place, paused=_NAME), now)
    )
    await run("forget", store.forgetting.forget_event(event.id, now))


async def _run_commands(
    run: Run, client: "_WatchedClient", store: Store, event: Event, test_key: Callable[[str], str]
) -> None:
    """Run the reads and writes that use no script."""
    now = event.timestamp
    await run("ping", client.ping())
    await run("count", _count(client, test_key(keys.COUNTERS)))
    wait: Any = client.blpop([test_key(WAKE)], timeout=1)
    await run("wait", wait)
    await run("heartbeat", client.psetex(test_key(HEARTBEAT), _LEASE, _NAME))
    await run("scan", client.scan(match=keys.event(event.id), count=1))
    await run("latest events", store.events.latest(1))
    await run("counts", store.events.counts_since(now, now))
    await run("event", store.events.get(event.id))
    await run("records", store.records.get("profile", event.id))
    await run("dead letters", store.dead_letters(now))
    await run("totals", store.counters.totals())


async def _take(store: Store, job: JobId) -> TakenJob | bool:
    taken = await store.queue.take(1, _LEASE, _LEASE)
    return next((found for found in taken.jobs if found.run.job == job), False)


async def _renew(store: Store, taken: TakenJob) -> bool:
    return not await store.queue.renew([taken.run], _LEASE)


async def _commit(store: Store, event: Event, taken: TakenJob) -> None:
    change = Change(decode_event(event.id, taken.fields), event.timestamp)
    change.conclude(EventState.UNHANDLED)
    change.step("no handler")
    change.keep(Record("profile", event.id, {}), event.timestamp)
    await store.commits.apply(change, taken.run, DONE)


async def _migrate(client: "_WatchedClient", runner: ScriptRunner, now: datetime) -> bool:
    """Migrate an event that release 0.4.0 has handled."""
    event_id, at = f"{_NAME}-{uuid4().hex}", str(to_ms(now))
    old = {"type": _NAME, "state": EventState.UNHANDLED, "timestamp": at, "received_at": at}
    old["body"] = '{"data": {}}'
    hset: Any = client.hset(keys.event(event_id), mapping=old)
    await hset
    await client.pexpire(keys.event(event_id), _RETENTION)
    fields = {name.encode(): value.encode() for name, value in old.items()}
    return await Migration(client, runner, _RETENTION).run(event_id, fields, now)


async def _count(client: "_WatchedClient", key: str) -> None:
    client.last_command = "MULTI"
    async with client.pipeline(transaction=True) as pipe:
        pipe.hincrbyfloat(key, _NAME, 1)
        await pipe.execute()


class _WatchedClient(Redis):
    """A client that remembers its last command."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(connection_pool=redis.connection_pool)
        self.last_command = ""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        self.last_command = str(args[0])
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py leaves it so


class _TestKeyRunner(ScriptRunner):
    """Runs scripts one by one on test keys, and remembers these: its event's own, and others with a suffix.

    With a suffix, an ACL pattern permits either both keys or neither.
    """

    def __init__(self, client: _WatchedClient) -> None:
        super().__init__(client)
        self._client = client
        self._suffix = f":doctor:{uuid4().hex}"
        self.written: dict[str, None] = {}

    def test_key(self, name: str) -> str:
        """Return the key to use in place of this one, and remember to remove it."""
        is_own = name.startswith((keys.event(_NAME), JOB_KEY))
        key = name if is_own else name + self._suffix
        self.written[key] = None
        return key

    async def run(self, script: LuaScript, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        command = ("EVALSHA", script.sha, len(keys), *map(self.test_key, keys), *args)
        try:
            reply = await self._client.execute_command(*command)
        except NoScriptError:
            await self._client.script_load(script.source)
            reply = await self._client.execute_command(*command)
        if script.batched:
            [reply] = reply
        if isinstance(reply, RedisError):
            raise reply
        return reply
