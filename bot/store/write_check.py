"""Runs every script on test keys, to find what this Redis refuses before the first event arrives.

The store's own classes run, on a client that adds a suffix to each key of a script.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.errors import BotError
from bot.model import (
    Audience,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    Notification,
    Record,
    Transport,
    delivery_id,
)
from bot.store import Store, keys
from bot.store.leases import Leases
from bot.store.queue import HEARTBEAT, OLD_QUEUE, Task, job_id
from bot.store.reconciliation import Reconciliation
from bot.store.scripts import NAMES, LuaScript
from bot.store.smtp_slots import SmtpSlots

_RETENTION = timedelta(minutes=10)
"""Test keys that could not be removed expire after this; events a day later."""
_TTL_MS = 10_000
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
    client, check = _TestKeyClient(redis), WriteCheck()
    run = partial(_run, client, check)
    store = Store(client, retention=_RETENTION)
    event = Event(f"{_NAME}-{uuid4().hex}", _NAME, now, data={})
    try:
        with suppress(*_CONNECTION_LOST):
            for name in NAMES:  # a cached script would hide that SCRIPT LOAD is forbidden
                await run(name, LuaScript(client, name).load())
            await _run_scripts(run, client, store, event)
            await _run_commands(run, client, store, event)
    finally:
        with suppress(*_CONNECTION_LOST):
            for key in client.written:
                await run("remove", client.delete(key))
    if check.failed:
        check.unexpected.clear()  # a failed call makes later ones fail
    return check


async def _run(client: "_TestKeyClient", check: WriteCheck, name: str, call: Awaitable[Any]) -> Any:
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


async def _run_scripts(run: Run, client: "_TestKeyClient", store: Store, event: Event) -> None:
    """Accept, handle, deliver and forget an event, without sending a message."""
    now, job = event.timestamp, job_id(Task.EVENT, event.id)
    body = to_json({"id": event.id, "type": event.type, "data": {}})
    await run("accept", store.events.accept(event, body, now))
    leases = Leases(client, _TTL_MS)
    due_ms = await run("due", _due_ms(leases, job)) or 0.0
    await run("take", leases.take(job, _NAME, due_ms))
    await run("renew", leases.renew(job, _NAME))
    await run("finish", leases.finish(job, _NAME, due_ms))

    old_queue = client.test_key(OLD_QUEUE)
    reconciliation = Reconciliation(client, _RETENTION, old_queue=old_queue)
    await run("reconcile", reconciliation.find_lost())
    await run("restore job", reconciliation.restore_job(job, now, keys.event(event.id)))
    await run("count failure", store.events.count_failure(event.id))

    delivery = _delivery(event)
    await run("open", store.ledger.open(event.id, [delivery], now))
    await run("claim", store.ledger.claim(delivery, job, _NAME, now))
    await run("settle", store.ledger.sent(delivery, _NAME, "", now))
    await run("record", store.records.keep(Record("profile", event.id, {}), now, event.id))
    await run("smtp slot", SmtpSlots(client, _NAME, 25, count=1).take(_NAME))
    await run("forget", store.forgetting.forget_event(event.id, now))


async def _run_commands(run: Run, client: "_TestKeyClient", store: Store, event: Event) -> None:
    """Run the reads and writes that use no script."""
    now = event.timestamp
    await run("ping", client.ping())
    await run("count", _count(client))
    await run("heartbeat", client.psetex(client.written_key(HEARTBEAT), _TTL_MS, _NAME))
    await run("scan", client.scan(match=keys.event(event.id), count=1))
    await run("latest events", store.events.latest(1))
    await run("counts", store.events.counts_since(now))
    await run("trail", store.events.trail(event.id))
    await run("deliveries", store.ledger.of_event(event.id))
    await run("records", store.records.get("profile", event.id))
    await run("dead letters", store.dead_letters(now))
    await run("totals", store.counters.totals())


async def _due_ms(leases: Leases, job: str) -> float:
    return dict((await leases.due(1)).jobs)[job]


async def _count(client: "_TestKeyClient") -> None:
    client.last_command = "MULTI"
    async with client.pipeline(transaction=True) as pipe:
        pipe.hincrbyfloat(client.written_key(keys.COUNTERS), _NAME, 1)
        await pipe.execute()


def _delivery(event: Event) -> Delivery:
    now, state = event.timestamp, DeliveryState.PENDING
    notification = Notification(event.id, event.type, now, Audience.OPERATORS, _NAME, {})
    to = Destination(Transport.EMAIL, "doctor@example.invalid")
    return Delivery(delivery_id(notification, to), notification, to, state, now, now)


class _TestKeyClient(Redis):
    """A client that runs scripts on test keys, and remembers which keys it wrote."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(connection_pool=redis.connection_pool)
        self._suffix = f":doctor:{uuid4().hex}"
        self.written: dict[str, None] = {}
        self.last_command = ""

    def test_key(self, name: str) -> str:
        """Return the name with a suffix, so an ACL pattern permits either both keys or neither."""
        return name + self._suffix

    def written_key(self, name: str) -> str:
        """Return the test key, and remember to remove it."""
        key = self.test_key(name)
        self.written[key] = None
        return key

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        self.last_command = str(args[0])
        if self.last_command in {"EVALSHA", "EVAL"}:
            call, script, count, *rest = args
            args = (call, script, count, *map(self.written_key, rest[:count]), *rest[count:])
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py leaves it so
