"""Changes to an event that take effect together, or not at all."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from bot.errors import BotError, LeaseLost
from bot.model import DeadLetter, Delivery, EventState, Record, Step, to_ms
from bot.store import keys
from bot.store.codec import encode_delivery, encode_step
from bot.store.queue import JOB_KEY, JOB_KEYS, JobId, encode_job
from bot.store.scripts import LuaScript, ScriptRunner
from bot.store.stored_event import BODY, EVENT, TRAIL, StoredEvent, decode_event, encode_event

_MS = timedelta(milliseconds=1)
_FIRST_KEY = len(JOB_KEYS) + 2
"""The place of the event's key among those of the script, counted from 1."""
_LEASE_LOST, _CONFLICT = 0, 2


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job: the token of its lease, and when the job was due, as Redis has it."""

    job: JobId
    token: str
    due_ms: float


@dataclass(frozen=True, slots=True)
class End:
    """How a run ends: the job is done, or runs again after `again_in`."""

    again_in: timedelta | None = None


DONE = End()


class ChangedMeanwhile(BotError):
    """Another process has changed the event; `stored` is the event as it is now, None if it is gone."""

    def __init__(self, stored: StoredEvent | None) -> None:
        super().__init__("the event was changed by another process")
        self.stored = stored


class Change:
    """What is to change about an event, and everything that goes with it."""

    def __init__(self, stored: StoredEvent, now: datetime) -> None:
        self.now = now
        self._read = stored
        self._values: dict[str, Any] = {}
        self._deliveries = {delivery.id: delivery for delivery in stored.deliveries}
        self._places = dict(stored.places)
        self._changed: dict[str, None] = {}
        self._set: dict[str, str | None] = {}
        self._overwrites = False
        self._lines: list[str] = []
        self._jobs: list[tuple[JobId, timedelta]] = []
        self._records: list[tuple[Record, datetime, str]] = []
        self._failed: list[DeadLetter] = []
        self._restored: list[DeadLetter] = []

    @property
    def event_id(self) -> str:
        return self._read.id

    @property
    def stored(self) -> StoredEvent:
        """The event as it will be."""
        if not self._changed:
            return self._read
        deliveries = tuple(self._deliveries.values())
        return replace(self._read, **self._values, deliveries=deliveries, places=dict(self._places))

    def conclude(self, state: EventState, reason: str = "") -> None:
        self.set_event(state=state, reason=reason, concluded_at=self.now)

    def set_event(self, **values: Any) -> None:
        """Set fields of `StoredEvent`."""
        self._values |= values
        self._changed[EVENT] = None

    def put(self, delivery: Delivery) -> None:
        """Write the delivery, in place of the one with its id or after the last one."""
        if delivery.id not in self._places:
            free = [len(self._places) + len(self._read.unreadable)]
            self._places[delivery.id] = max(free + [p + 1 for p in self._places.values()])
        self._deliveries[delivery.id] = delivery
        self._changed[delivery.id] = None

    def forget(self) -> None:
        """Remove the content of the event and damaged deliveries; shorten its timeline to the receipt."""
        steps = [Step(self._read.received_at, "received"), Step(self.now, "forgotten")]
        self._set[BODY] = None
        self._set[TRAIL] = "".join(encode_step(s, None, self._read.received_at) for s in steps)
        self._set |= dict.fromkeys(self._read.unreadable)
        self.set_event(state=EventState.FORGOTTEN, reason="")

    def overwrite(self) -> None:
        """Change the event also if it is not as it was read, since what was read is damaged."""
        self._overwrites = True

    def step(self, what: str, delivery: Delivery | None = None, detail: str = "") -> None:
        """Add a step to the timeline."""
        place = self._places[delivery.id] if delivery else None
        step = Step(self.now, what, detail=detail)
        self._lines.append(encode_step(step, place, self._read.received_at))

    def enqueue(self, job: JobId, delay: timedelta = timedelta()) -> None:
        self._jobs.append((job, delay))

    def keep(self, record: Record, occurred_at: datetime, cached_key: str = "") -> None:
        """Keep a record unless a newer one is kept; delete the key where others cache it."""
        self._records.append((record, occurred_at, cached_key))

    def add_dead_letter(self, dead: DeadLetter) -> None:
        self._failed.append(dead)

    def remove_dead_letter(self, dead: DeadLetter) -> None:
        self._restored.append(dead)

    def encode(self, retention: timedelta) -> tuple[list[str], dict[str, Any]]:
        """Return the keys and the argument of `commit.lua`; the event's key is the first one."""
        names = [keys.event(self._read.id)]

        def place_of(key: str) -> int:
            names.append(key)
            return _FIRST_KEY + len(names) - 1

        records = [
            {
                "key": place_of(keys.record(record.kind, record.id)),
                **({"cached_key": place_of(cached_key)} if cached_key else {}),
                "at": to_ms(occurred_at),
                "ttl": int(retention / _MS),
                "fields": to_json(dict(record.fields)).decode(),
            }
            for record, occurred_at, cached_key in self._records
        ]
        changes = [
            {"key": _FIRST_KEY, "field": name, **self._old(name), **({"new": v} if v else {})}
            for name, v in self._new.items()
        ]
        kept_for = {"oldest": to_ms(self.now - retention), "ttl": int(retention / _MS)}
        dead = [{"member": str(dead), "at": to_ms(self.now), **kept_for} for dead in self._failed]
        steps = [{"key": _FIRST_KEY, "lines": "".join(self._lines)}] if self._lines else None
        return names, {
            "changes": changes,
            "steps": steps,
            "records": records,
            "enqueue": [encode_job(job, self.now, retention, delay) for job, delay in self._jobs],
            "dead": dead,
            "restored": [str(dead) for dead in self._restored],
        }

    def _old(self, name: str) -> dict[str, str | bool]:
        if self._overwrites:
            return {"any": True}
        value = self._read.fields.get(name.encode())
        try:
            return {} if value is None else {"old": value.decode()}
        except UnicodeDecodeError:
            return {"any": True}  # the bot writes text

    @cached_property
    def _new(self) -> dict[str, str | None]:
        """The new values, encoded once: `encode` and `applied` come after the last change."""
        values = dict(self._set)
        for name in self._changed:
            values[name] = (
                encode_event(self.stored)
                if name == EVENT
                else encode_delivery(
                    self._deliveries[name], self._places[name], self._read.received_at
                )
            )
        return values

    def applied(self) -> StoredEvent:
        """Return the event with the fields that the change has written."""
        written = {name.encode(): (value or "").encode() for name, value in self._new.items()}
        return replace(self.stored, fields={**self._read.fields, **written})


class Commits:
    """Applies changes, each in one atomic step that may be repeated, for example if its reply was lost."""

    def __init__(self, runner: ScriptRunner, retention: timedelta) -> None:
        self._runner = runner
        self._retention = retention
        self._script = LuaScript("commit")

    async def apply(
        self, change: Change, run: Run | None = None, end: End | None = None
    ) -> StoredEvent:
        """Apply the change, under the lease of the run, and end the run; return the event as it is now.

        Raises:
            LeaseLost: if the run does not hold its lease any more.
            ChangedMeanwhile: if what is to be changed is not as it was read.
            redis.RedisError: if it is unknown whether the change was applied.
        """
        names, argument = change.encode(self._retention)
        outcome, fields = await self._run(names, argument, run, end)
        if outcome == _CONFLICT:
            row = dict(zip(fields[::2], fields[1::2], strict=True))
            raise ChangedMeanwhile(decode_event(change.event_id, row) if row else None)
        return change.applied()

    async def end(self, run: Run, end: End) -> None:
        """End the run without a change.

        Raises:
            LeaseLost: if the run does not hold its lease any more.
            redis.RedisError: if it is unknown whether it has ended.
        """
        await self._run([], {}, run, end)

    async def _run(
        self, names: list[str], argument: dict[str, Any], run: Run | None, end: End | None
    ) -> tuple[int, list[bytes]]:
        if run:
            argument["job"] = {"id": str(run.job), "token": run.token}
        if run and end:
            argument["ends"] = _encode_end(run, end)
        given = {name: value for name, value in argument.items() if value}
        reply = await self._runner.run(
            self._script, [*JOB_KEYS, keys.DEAD, *names], [to_json(given)]
        )
        outcome, *fields = reply
        if outcome == _LEASE_LOST:
            raise LeaseLost("another worker has this job")
        return outcome, fields


def _encode_end(run: Run, end: End) -> dict[str, object]:
    text = str(run.job)
    ends: dict[str, object] = {"id": text, "key": JOB_KEY + text, "due": run.due_ms}
    if end.again_in is not None:
        ends["delay"] = round(end.again_in / _MS)
    return ends
