"""Runs every script on test keys, to find what this Redis refuses before the first event arrives.

The store's own classes run, on a client that adds a suffix to each key of a script.
"""

from collections.abc import Awaitable, Callable, Sequence
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

Step = tuple[str, Callable[[], Awaitable[object]]]
"""A name, and a call that returns False if its result is unexpected."""


@dataclass(frozen=True, slots=True)
class FailedCommand:
    """A command, and the error that it got."""

    command: str
    error: RedisError


@dataclass(slots=True)
class WriteCheck:
    """The result: what failed, and which steps ran without an error but with an unexpected result."""

    failed: list[FailedCommand] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    not_run: Sequence[str] = ()
    """Scripts that the check has no step for."""


async def check_writes(redis: Redis, now: datetime) -> WriteCheck:
    """Load and run every script and the other commands of the store, and remove the test keys.

    A lost connection ends the check, and is the last failure then.
    """
    client = _TestKeyClient(redis)
    lifecycle = _Lifecycle(client, now)
    # A script that Redis has cached would hide that SCRIPT LOAD is forbidden.
    loading = [(name, LuaScript(client, name).load) for name in NAMES]
    check = WriteCheck()
    try:
        for step in [*loading, *lifecycle.scripts(), *lifecycle.commands()]:
            if not await _run_step(step, client, check):
                break
    finally:
        for key in client.written:
            if not await _run_step(("remove", partial(client.delete, key)), client, check):
                break
    if check.failed:
        check.unexpected.clear()  # a failed step makes later ones fail
    names = {LuaScript(client, name).sha: name for name in NAMES}
    check.not_run = sorted(name for sha, name in names.items() if sha not in client.scripts_run)
    return check


async def _run_step(step: Step, client: "_TestKeyClient", check: WriteCheck) -> bool:
    """Run a step; False if the connection is lost."""
    name, call = step
    client.last_command = ""
    try:
        if await call() is False:
            check.unexpected.append(name)
    except RedisError as error:
        check.failed.append(FailedCommand(client.last_command, error))
        return not isinstance(error, RedisConnectionError | RedisTimeoutError)
    except _UNREADABLE_REPLY:
        check.unexpected.append(name)
    return True


class _TestKeyClient(Redis):
    """A client that runs scripts on test keys, and remembers which keys and scripts it used."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(connection_pool=redis.connection_pool)
        self._suffix = f":doctor:{uuid4().hex}"
        self.written: dict[str, None] = {}
        self.scripts_run: set[str] = set()
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
            self.scripts_run.add(script)
            args = (call, script, count, *map(self.written_key, rest[:count]), *rest[count:])
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py leaves it so


class _Lifecycle:
    """An event that is accepted, handled, delivered and forgotten, without sending a message."""

    def __init__(self, client: _TestKeyClient, now: datetime) -> None:
        self._client = client
        self._now = now
        self._store = Store(client, retention=_RETENTION)
        self._leases = Leases(client, _TTL_MS)
        old_queue = client.test_key(OLD_QUEUE)
        self._reconciliation = Reconciliation(client, _RETENTION, old_queue=old_queue)
        self._event = Event(f"{_NAME}-{uuid4().hex}", _NAME, now, data={})
        self._job = job_id(Task.EVENT, self._event.id)
        self._delivery = _delivery(self._event, now)
        self._due_ms = 0.0

    def scripts(self) -> Sequence[Step]:
        store, event, job, now = self._store, self._event, self._job, self._now
        delivery, token = self._delivery, _NAME
        body = to_json({"id": event.id, "type": event.type, "data": {}})
        record = Record("profile", event.id, {})
        slots = SmtpSlots(self._client, _NAME, 25, count=1)
        restore = partial(self._reconciliation.restore_job, awaited_by=keys.event(event.id))
        return [
            ("accept", lambda: store.events.accept(event, body, now)),
            ("due", self._find_due),
            ("take", lambda: self._leases.take(job, token, self._due_ms)),
            ("renew", lambda: self._leases.renew(job, token)),
            ("finish", lambda: self._leases.finish(job, token, self._due_ms)),
            ("reconcile", self._reconciliation.find_lost),
            ("restore job", lambda: restore(job, now)),
            ("count failure", lambda: store.events.count_failure(event.id)),
            ("open", lambda: store.ledger.open(event.id, [delivery], now)),
            ("claim", self._claim),
            ("settle", lambda: store.ledger.sent(delivery, token, "", now)),
            ("record", lambda: store.records.keep(record, now, event.id)),
            ("smtp slot", lambda: slots.take(token)),
            ("forget", lambda: store.forgetting.forget_event(event.id, now)),
        ]

    def commands(self) -> Sequence[Step]:
        """Return the reads and writes that use no script."""
        store, client, event = self._store, self._client, self._event
        heartbeat, event_key = (
            client.written_key(HEARTBEAT),
            client.written_key(keys.event(event.id)),
        )
        return [
            ("ping", client.ping),
            ("count", self._count),
            ("heartbeat", lambda: client.psetex(heartbeat, _TTL_MS, _NAME)),
            ("set", lambda: client.set(event_key, _NAME, px=_TTL_MS)),
            ("scan", lambda: client.scan(match=keys.event(event.id), count=1)),
            ("latest events", lambda: store.events.latest(1)),
            ("counts", lambda: store.events.counts_since(self._now)),
            ("trail", lambda: store.events.trail(event.id)),
            ("deliveries", lambda: store.ledger.of_event(event.id)),
            ("records", lambda: store.records.get("profile", event.id)),
            ("dead letters", lambda: store.dead_letters(self._now)),
            ("totals", store.counters.totals),
        ]

    async def _find_due(self) -> bool:
        for job, due_ms in (await self._leases.due(1)).jobs:
            self._due_ms = due_ms
            return job == self._job
        return False

    async def _claim(self) -> bool:
        claimed = await self._store.ledger.claim(self._delivery, self._job, _NAME, self._now)
        return claimed is not None

    async def _count(self) -> None:
        self._client.last_command = "MULTI"
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hincrbyfloat(self._client.written_key(keys.COUNTERS), _NAME, 1)
            await pipe.execute()


def _delivery(event: Event, now: datetime) -> Delivery:
    notification = Notification(event.id, event.type, now, Audience.OPERATORS, _NAME, {})
    destination = Destination(Transport.EMAIL, "doctor@example.invalid")
    return Delivery(
        id=delivery_id(notification, destination),
        notification=notification,
        destination=destination,
        state=DeliveryState.PENDING,
        created_at=now,
        updated_at=now,
    )
