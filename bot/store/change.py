"""What is to change about an event, with everything that goes with it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from bot.model import DeadLetter, Delivery, EventState, Record, Step, milliseconds, to_ms
from bot.store import keys
from bot.store.codec import encode_delivery, encode_step, waiting_member
from bot.store.queue import JOB_KEYS, JobId, encode_job
from bot.store.stored_event import BODY, EVENT, TRAIL, StoredEvent, encode_event

FIRST_KEY = len(JOB_KEYS) + 2
"""The index of the first event's key among those of the script, counted from 1."""


class Change:
    """Takes effect as a whole, or not at all: see `Commits.apply`."""

    def __init__(self, stored: StoredEvent, now: datetime) -> None:
        self.now = now
        self._read = stored
        self._values: dict[str, Any] = {}
        self._deliveries = {delivery.id: delivery for delivery in stored.deliveries}
        self._numbers = dict(stored.numbers)
        self._numbered = stored.numbered
        self._changed: dict[str, None] = {}
        self._set: dict[str, str | None] = {}
        self._overwrites = False
        self._lines: list[str] = []
        self._jobs: list[tuple[JobId, timedelta, bool]] = []
        self._records: list[tuple[Record, datetime, str]] = []
        self._added: list[DeadLetter] = []
        self._removed: list[DeadLetter] = []

    @property
    def event_id(self) -> str:
        return self._read.id

    @property
    def stored(self) -> StoredEvent:
        """The event as it will be."""
        if not self._changed:
            return self._read
        deliveries = tuple(self._deliveries.values())
        return replace(
            self._read, **self._values, deliveries=deliveries, numbers=dict(self._numbers)
        )

    def conclude(self, state: EventState, reason: str = "") -> None:
        self.set_event(state=state, reason=reason, concluded_at=self.now)

    def set_event(self, **values: Any) -> None:
        """Set fields of `StoredEvent`."""
        self._values |= values
        self._changed[EVENT] = None

    def put(self, delivery: Delivery) -> None:
        """Write the delivery, in place of the one with its id or after the last one."""
        if delivery.id not in self._numbers:
            self._numbers[delivery.id] = self._numbered
            self._numbered += 1
            # Of two runs that add deliveries at the same time, only one finds the event as it was read.
            self.set_event(numbered=self._numbered)
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
        """Apply the change even if the event has changed since it was read: what was read is damaged."""
        self._overwrites = True

    def step(self, what: str, delivery: Delivery | None = None, detail: str = "") -> None:
        """Add a step to the timeline."""
        number = self._numbers[delivery.id] if delivery else None
        step = Step(self.now, what, detail=detail)
        self._lines.append(encode_step(step, number, self._read.received_at))

    def enqueue(
        self, job: JobId, delay: timedelta = timedelta(), *, earliest: bool = False
    ) -> None:
        """Enqueue a job in place of the one with its id; `earliest` keeps that one's time if it is earlier."""
        self._jobs.append((job, delay, earliest))

    def keep(self, record: Record, occurred_at: datetime, cached_key: str = "") -> None:
        """Keep a record unless a newer one is kept; delete the key where others cache it."""
        self._records.append((record, occurred_at, cached_key))

    def add_dead_letter(self, dead: DeadLetter) -> None:
        self._added.append(dead)

    def remove_dead_letter(self, dead: DeadLetter) -> None:
        self._removed.append(dead)

    def encode(self, names: list[str], retention: timedelta) -> dict[str, list[Any]]:
        """Return the change for `commit.lua`, and add the keys that it needs to `names`."""

        def index_of(key: str) -> int:
            names.append(key)
            return FIRST_KEY + len(names) - 1

        event, ttl = index_of(keys.event(self._read.id)), milliseconds(retention)
        kept_for = {"oldest": to_ms(self.now - retention), "ttl": ttl}
        return {
            "changes": [
                {"key": event, "field": name, **self._old(name), **({"new": v} if v else {})}
                for name, v in self._new.items()
            ],
            "steps": [{"key": event, "lines": "".join(self._lines)}] if self._lines else [],
            "records": [
                {
                    "key": index_of(keys.record(record.kind, record.id)),
                    **({"cached_key": index_of(cached_key)} if cached_key else {}),
                    "at": to_ms(occurred_at),
                    "ttl": ttl,
                    "fields": to_json(dict(record.fields)).decode(),
                }
                for record, occurred_at, cached_key in self._records
            ],
            "enqueue": [
                {
                    **encode_job(job, self.now, retention, delay),
                    **({"earliest": True} if earliest else {}),
                }
                for job, delay, earliest in self._jobs
            ],
            "dead": [
                {"member": str(dead), "at": to_ms(self.now), **kept_for} for dead in self._added
            ],
            "restored": [str(dead) for dead in self._removed],
            "waiting": [
                {
                    "key": index_of(keys.waiting(str(delivery.destination))),
                    "add" if waits else "remove": member,
                    **({"at": score, "ttl": ttl} if waits else {}),
                }
                for delivery, waits in self._began_or_ended_to_wait()
                for member, score in [waiting_member(delivery)]
            ],
        }

    def _began_or_ended_to_wait(self) -> Iterator[tuple[Delivery, bool]]:
        before = {d.id for d in self._read.deliveries if d.waits_for_destination}
        for name in self._changed:
            delivery = self._deliveries.get(name)
            if delivery and delivery.waits_for_destination != (name in before):
                yield delivery, delivery.waits_for_destination

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
                    self._deliveries[name], self._numbers[name], self._read.received_at
                )
            )
        return values

    def applied(self) -> StoredEvent:
        """Return the event with the changed fields; its trail is the one that was read."""
        written = {name.encode(): (value or "").encode() for name, value in self._new.items()}
        return replace(self.stored, fields={**self._read.fields, **written})
