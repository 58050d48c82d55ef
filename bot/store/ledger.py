"""The deliveries of every event: what makes a second run harmless."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import Delivery, DeliveryState, Destination, Notification, Step, from_ms, to_ms
from bot.queue import Task, job, job_id
from bot.store import keys
from bot.store.events import dead_member
from bot.store.move import Move, Mover
from bot.store.reading import read_hash
from bot.store.scripts import Script
from bot.store.trail import encode_step

_notification = TypeAdapter(Notification)


class Ledger:
    """Every delivery with its state. Whoever sends must hold a claim, and settles it with its token."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._open = Script(redis, "open")
        self._claim = Script(redis, "claim")
        self._move = Mover(redis, retention)

    async def open(self, event_id: str, deliveries: Sequence[Delivery], now: datetime) -> bool:
        """Write an event's deliveries and mark it handled; False if that was done before."""
        step = Step(now, "handled", detail=f"deliveries: {len(deliveries)}")
        owner = job_id(Task.EVENT, event_id)
        return await self._write(event_id, deliveries, owner, now, encode_step(step))

    async def add(
        self, event_id: str, deliveries: Sequence[Delivery], owner: str, now: datetime
    ) -> bool:
        """Add deliveries to an event that was concluded before; False if it is kept no longer."""
        return await self._write(event_id, deliveries, owner, now, "")

    async def _write(
        self, event_id: str, deliveries: Sequence[Delivery], owner: str, now: datetime, step: str
    ) -> bool:
        names = [keys.event(event_id), keys.trail(event_id), keys.deliveries(event_id)]
        names += [keys.delivery(d.id) for d in deliveries]
        return bool(await self._open(names, [to_ms(now), step, *_rows(deliveries, owner)]))

    async def get(self, delivery_id: str) -> Delivery | None:
        """The delivery, or None if it is kept no longer.

        Raises:
            CorruptRecord: if what is kept is not what this class wrote.
        """
        row = await read_hash(self._redis, keys.delivery(delivery_id))
        return _decode(delivery_id, row) if row else None

    async def of_events(self, event_ids: Sequence[str]) -> Mapping[str, list[Delivery]]:
        """The readable deliveries of each event, in the order they were asked for; two round trips."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.lrange(keys.deliveries(event_id), 0, -1)
            lists = await pipe.execute()
        wanted = [
            (event_id, raw.decode())
            for event_id, ids in zip(event_ids, lists, strict=True)
            for raw in ids
        ]
        async with self._redis.pipeline(transaction=False) as pipe:
            for _, delivery_id in wanted:
                pipe.hgetall(keys.delivery(delivery_id))
            rows = await pipe.execute()
        found: dict[str, list[Delivery]] = {event_id: [] for event_id in event_ids}
        for (event_id, delivery_id), row in zip(wanted, rows, strict=True):
            try:
                found[event_id] += [_decode(delivery_id, row)] if row else []
            except CorruptRecord:
                continue
        return found

    async def of_event(self, event_id: str) -> list[Delivery]:
        return (await self.of_events([event_id]))[event_id]

    async def claim(
        self, delivery: Delivery, owner: str, token: str, now: datetime
    ) -> Delivery | None:
        """Mark the delivery `sending` for the job `owner`; None if it is not that job's to send.

        The returned delivery is `unsure` if an earlier call may have got through.
        """
        step = _step(delivery, now, "sending")
        names = [keys.delivery(delivery.id), keys.trail(delivery.event_id)]
        flat = await self._claim(names, [owner, token, to_ms(now), encode_step(step)])
        row = dict(zip(flat[::2], flat[1::2], strict=True))
        return _decode(delivery.id, row) if row else None

    async def sent(self, delivery: Delivery, token: str, receipt: str, now: datetime) -> bool:
        """Settle a claim: it arrived. False if the claim is no longer ours, as for all that settle."""
        values = {"state": DeliveryState.SENT, "receipt": receipt, "reason": "", "unsure": "0"}
        return await self._settle(delivery, token, values, _step(delivery, now, "sent"), now)

    async def retry_later(
        self,
        delivery: Delivery,
        token: str,
        reason: str,
        *,
        due: datetime,
        counts: bool,
        unsure: bool,
        now: datetime,
    ) -> bool:
        """Settle a claim: it is tried again when `due`, by a job of its own."""
        values = {
            "state": DeliveryState.RETRYING,
            "reason": reason,
            "next_at": str(to_ms(due)),
            "unsure": "1" if unsure else "0",
            "owner": job_id(Task.DELIVERY, delivery.id),
        }
        move = self._move_of(delivery, token, values, _step(delivery, now, "retrying", reason))
        again = job(Task.DELIVERY, delivery.id, now=now, due=due)
        return await self._move(replace(move, job=again, uncount=not counts), now)

    async def fail(
        self,
        delivery: Delivery,
        token: str,
        reason: str,
        *,
        unsure: bool,
        report: bool,
        now: datetime,
    ) -> bool:
        """Settle a claim: it failed for good. With `report` it is a dead letter that a job tells of."""
        dead = dead_member("delivery", delivery.id)
        values = {"state": DeliveryState.FAILED, "reason": reason, "unsure": "1" if unsure else "0"}
        move = self._move_of(delivery, token, values, _step(delivery, now, "failed", reason))
        if report:
            move = replace(move, job=job(Task.DEAD_LETTER, dead, now=now), bury=dead)
        return await self._move(move, now)

    async def skip(self, delivery: Delivery, token: str, reason: str, now: datetime) -> bool:
        """Settle a claim: there is no way to send it, and no fault in that."""
        values = {"state": DeliveryState.SKIPPED, "reason": reason}
        return await self._settle(
            delivery, token, values, _step(delivery, now, "skipped", reason), now
        )

    async def revive(self, delivery: Delivery, now: datetime) -> bool:
        """Send a dead letter again, with all its attempts before it; False if it is not one."""
        move = Move(
            subject=keys.delivery(delivery.id),
            trail=keys.trail(delivery.event_id),
            expect={"state": [DeliveryState.FAILED]},
            set={
                "state": DeliveryState.RETRYING,
                "attempts": "0",
                "next_at": str(to_ms(now)),
                "updated_at": str(to_ms(now)),
                "owner": job_id(Task.DELIVERY, delivery.id),
            },
            step=_step(delivery, now, "retried by hand"),
            job=job(Task.DELIVERY, delivery.id, now=now),
            unbury=dead_member("delivery", delivery.id),
        )
        return await self._move(move, now)

    async def _settle(
        self, delivery: Delivery, token: str, values: Mapping[str, str], step: Step, now: datetime
    ) -> bool:
        return await self._move(self._move_of(delivery, token, values, step), now)

    def _move_of(
        self, delivery: Delivery, token: str, values: Mapping[str, str], step: Step
    ) -> Move:
        return Move(
            subject=keys.delivery(delivery.id),
            trail=keys.trail(delivery.event_id),
            expect={"state": [DeliveryState.SENDING], "token": [token]},
            set={"next_at": "", **values, "updated_at": str(to_ms(step.at))},
            step=step,
            id=token,
        )


def _step(delivery: Delivery, now: datetime, what: str, detail: str = "") -> Step:
    return Step(now, what, delivery.id, str(delivery.destination), detail)


def _rows(deliveries: Sequence[Delivery], owner: str) -> list[str]:
    rows: list[str] = []
    for delivery in deliveries:
        fields = {
            "notification": _notification.dump_json(delivery.notification).decode(),
            "destination": str(delivery.destination),
            "state": delivery.state,
            "created_at": str(to_ms(delivery.created_at)),
            "updated_at": str(to_ms(delivery.updated_at)),
            "attempts": "0",
            "reason": delivery.reason,
            "owner": owner,
        }
        rows += [delivery.id, json.dumps([part for pair in fields.items() for part in pair])]
    return rows


def _decode(delivery_id: str, row: Mapping[bytes, bytes]) -> Delivery:
    def text(name: bytes) -> str:
        return row.get(name, b"").decode()

    try:
        return Delivery(
            id=delivery_id,
            notification=_notification.validate_json(row[b"notification"]),
            destination=Destination.parse(text(b"destination")),
            state=DeliveryState(text(b"state")),
            created_at=from_ms(row[b"created_at"]),
            updated_at=from_ms(row[b"updated_at"]),
            attempts=int(row[b"attempts"]),
            next_at=from_ms(text(b"next_at")) if text(b"next_at") else None,
            reason=text(b"reason"),
            receipt=text(b"receipt"),
            unsure=text(b"unsure") == "1",
        )
    except (ValueError, KeyError, OverflowError) as error:
        raise CorruptRecord(f"delivery {delivery_id} is not readable in Redis") from error
