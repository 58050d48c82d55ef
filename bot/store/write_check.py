"""Runs every script on keys of its own, to find what this Redis refuses before the first event.

The store's own classes do the work, on a client that gives each key of a script another name.
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
"""What could not be removed expires by itself; events a day later."""
_MS = 10_000
_WHO = "doctor"
_UNREADABLE = (BotError, ValueError, TypeError, LookupError, AttributeError)
"""Raised where a reply is not one that Redis gives."""

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error, and the command that it is the reply to."""

    command: str
    error: RedisError


@dataclass(slots=True)
class WriteCheck:
    """What was refused, and what ran without error but with an unexpected result."""

    refusals: list[Refusal] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    not_run: Sequence[str] = ()
    """Scripts for which the check has no step yet."""


async def check_writes(redis: Redis, now: datetime) -> WriteCheck:
    """Load and run every script, and the commands around them; remove whatever was written.

    A lost connection ends the check: it is the last of the refusals then.
    """
    client = _OwnKeys(redis)
    event = _Lifecycle(client, now)
    found = WriteCheck()
    try:
        for name, step in [*_loading(client), *event.scripts(), *event.commands()]:
            if not await _run_step(name, step, client, found):
                break
    finally:
        for name in client.written:
            if not await _run_step("remove", partial(client.delete, name), client, found):
                break
    if found.refusals:
        found.unexpected.clear()  # a refused step makes later ones fail
    ran = {LuaScript(client, name).sha: name for name in NAMES}
    found.not_run = sorted(name for sha, name in ran.items() if sha not in client.ran)
    return found


async def _run_step(name: str, step: Step, client: "_OwnKeys", found: WriteCheck) -> bool:
    """Run a step; False if the connection is lost."""
    client.last_command = ""
    try:
        if await step() is False:
            found.unexpected.append(name)
    except RedisError as error:
        found.refusals.append(Refusal(client.last_command, error))
        return not isinstance(error, RedisConnectionError | RedisTimeoutError)
    except _UNREADABLE:
        found.unexpected.append(name)
    return True


class _OwnKeys(Redis):
    """A client that gives scripts keys of their own, and remembers the keys and the scripts."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(connection_pool=redis.connection_pool)
        self._suffix = f":doctor:{uuid4().hex}"
        self.written: dict[str, None] = {}
        self.ran: set[str] = set()
        self.last_command = ""

    def own(self, name: str) -> str:
        """The key to use instead of this one: an access list's patterns allow both or neither."""
        self.written[self.instead_of(name)] = None
        return self.instead_of(name)

    def instead_of(self, name: str) -> str:
        """The key to read instead of this one; one that nobody writes is not removed either."""
        return name + self._suffix

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        self.last_command = str(args[0])
        if self.last_command in {"EVALSHA", "EVAL"}:
            call, script, count, *rest = args
            self.ran.add(script)
            args = (call, script, count, *map(self.own, rest[:count]), *rest[count:])
        return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # redis-py leaves it so


def _loading(client: Redis) -> Sequence[tuple[str, Step]]:
    """Load each script: one that Redis has cached would hide that SCRIPT LOAD is refused."""
    return [(name, LuaScript(client, name).load) for name in NAMES]


class _Lifecycle:
    """An event that is accepted, handled, delivered and forgotten, without a message."""

    def __init__(self, client: _OwnKeys, now: datetime) -> None:
        self._client = client
        self._now = now
        self._store = Store(client, retention=_RETENTION)
        self._leases = Leases(client, _MS)
        self._reconciliation = Reconciliation(
            client, _RETENTION, old_queue=client.instead_of(OLD_QUEUE)
        )
        self._event = Event(f"{_WHO}-{uuid4().hex}", _WHO, now, data={})
        self._job = job_id(Task.EVENT, self._event.id)
        self._delivery = _delivery(self._event, now)
        self._due_ms = 0.0

    def scripts(self) -> Sequence[tuple[str, Step]]:
        store, event, job, now = self._store, self._event, self._job, self._now
        delivery, token = self._delivery, _WHO
        body = to_json({"id": event.id, "type": event.type, "data": {}})
        record = Record("profile", event.id, {})
        return [
            ("accept", lambda: store.events.accept(event, body, now)),
            ("due", self._find_due),
            ("take", lambda: self._leases.take(job, token, self._due_ms)),
            ("renew", lambda: self._leases.renew(job, token)),
            ("finish", lambda: self._leases.finish(job, token, self._due_ms)),
            ("reconcile", self._reconciliation.find_lost),
            ("restore job", self._restore),
            ("count failure", lambda: store.events.count_failure(event.id)),
            ("open", lambda: store.ledger.open(event.id, [delivery], now)),
            ("claim", lambda: self._claim(token)),
            ("settle", lambda: store.ledger.sent(delivery, token, "", now)),
            ("record", lambda: store.records.keep(record, now, event.id)),
            ("smtp slot", lambda: SmtpSlots(self._client, _WHO, 25, count=1).take(token)),
            ("forget", lambda: store.forgetting.forget_event(event.id, now)),
        ]

    def commands(self) -> Sequence[tuple[str, Step]]:
        """What is read, and written, without a script."""
        store, client, event = self._store, self._client, self._event
        return [
            ("ping", client.ping),
            ("count", self._count),
            ("heartbeat", lambda: client.psetex(client.own(HEARTBEAT), _MS, _WHO)),
            ("set", lambda: client.set(client.own(keys.event(event.id)), _WHO, px=_MS)),
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

    async def _restore(self) -> bool:
        return await self._reconciliation.restore_job(
            self._job, self._now, awaited_by=keys.event(self._event.id)
        )

    async def _claim(self, token: str) -> bool:
        return (
            await self._store.ledger.claim(self._delivery, self._job, token, self._now) is not None
        )

    async def _count(self) -> None:
        self._client.last_command = "MULTI"
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hincrbyfloat(self._client.own(keys.COUNTERS), _WHO, 1)
            await pipe.execute()


def _delivery(event: Event, now: datetime) -> Delivery:
    notification = Notification(event.id, event.type, now, Audience.OPERATORS, _WHO, {})
    nobody = Destination(Transport.EMAIL, "nobody@example.invalid")
    return Delivery(
        id=delivery_id(notification, nobody),
        notification=notification,
        destination=nobody,
        state=DeliveryState.PENDING,
        created_at=now,
        updated_at=now,
    )
