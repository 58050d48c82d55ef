"""The ledger: all deliveries of an event, which make a second run harmless."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import DeadLetter, Delivery, DeliveryState, Step, duration, to_ms
from bot.store import keys
from bot.store.queue import Task, job_id, new_job
from bot.store.reading import read_hash
from bot.store.rows import MAYBE_DELIVERED, decode_row, encode_rows
from bot.store.scripts import LuaScript
from bot.store.trail import delivery_step, encode_step, interruption
from bot.store.transition import Transition, Transitions


class Ledger:
    """Every delivery with its state. A sender claims a delivery, then settles it with the same token."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._open = LuaScript(redis, "open")
        self._claim = LuaScript(redis, "claim")
        self._transitions = Transitions(redis, retention)

    async def open(self, event_id: str, deliveries: Sequence[Delivery], now: datetime) -> bool:
        """Write an event's deliveries and mark it handled; False if it was handled before or is not kept."""
        step = encode_step(Step(now, "handled", detail=f"deliveries: {len(deliveries)}"))
        return await self._write(event_id, deliveries, job_id(Task.EVENT, event_id), now, step)

    async def add(
        self, event_id: str, deliveries: Sequence[Delivery], owner: str, now: datetime
    ) -> bool:
        """Add deliveries to a concluded event; False if it is no longer kept."""
        return await self._write(event_id, deliveries, owner, now, "")

    async def _write(
        self, event_id: str, deliveries: Sequence[Delivery], owner: str, now: datetime, step: str
    ) -> bool:
        names = [keys.event(event_id), keys.trail(event_id), keys.deliveries(event_id)]
        names += [keys.delivery(d.id) for d in deliveries]
        return bool(await self._open(names, [to_ms(now), step, *encode_rows(deliveries, owner)]))

    async def get(self, delivery_id: str) -> Delivery | None:
        """Return the delivery, or None if it is no longer kept.

        Raises:
            CorruptRecord: if what Redis holds is not what this class wrote.
        """
        row = await read_hash(self._redis, keys.delivery(delivery_id))
        return decode_row(delivery_id, row) if row else None

    async def of_events(self, event_ids: Sequence[str]) -> Mapping[str, list[Delivery]]:
        """Return each event's readable deliveries, in their order, in two round trips."""
        found: dict[str, list[Delivery]] = {event_id: [] for event_id in event_ids}
        for event_id, delivery_id, row in await self._rows_of(event_ids):
            with suppress(CorruptRecord):
                found[event_id] += [decode_row(delivery_id, row)] if row else []
        return found

    async def of_event(self, event_id: str) -> list[Delivery]:
        return (await self.of_events([event_id]))[event_id]

    async def read_or_dead_letter(self, event_id: str, now: datetime) -> tuple[list[Delivery], int]:
        """Return the readable deliveries, and how many unreadable ones became dead letters."""
        readable: list[Delivery] = []
        unreadable = 0
        for _, delivery_id, row in await self._rows_of([event_id]):
            try:
                readable += [decode_row(delivery_id, row)] if row else []
            except CorruptRecord as error:
                await self.dead_letter(delivery_id, event_id, str(error), now)
                unreadable += 1
        return readable, unreadable

    async def dead_letter(
        self, delivery_id: str, event_id: str, reason: str, now: datetime
    ) -> None:
        """Make a dead letter of an unreadable delivery, of which only the id is known."""
        transition = Transition(
            subject=keys.delivery(delivery_id),
            trail=keys.trail(event_id),
            expect={},
            set={"state": DeliveryState.FAILED},
            step=Step(now, "failed", delivery_id, detail=reason),
            adds_dead_letter=DeadLetter.delivery(delivery_id),
            id="unreadable",
        )
        await self._transitions.apply(transition)

    async def _rows_of(
        self, event_ids: Sequence[str]
    ) -> list[tuple[str, str, Mapping[bytes, bytes]]]:
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
        return [(*pair, row) for pair, row in zip(wanted, rows, strict=True)]

    async def claim(
        self, delivery: Delivery, owner: str, token: str, now: datetime
    ) -> Delivery | None:
        """Mark the delivery `sending` for the job `owner`; None if the job must not send it.

        The returned delivery is `maybe_delivered` if an earlier attempt may have delivered it.
        """
        step = delivery_step(delivery, now, DeliveryState.SENDING)
        taken_over = replace(step, detail=interruption(delivery, now))
        names = [keys.delivery(delivery.id), keys.trail(delivery.event_id)]
        steps = [encode_step(step), encode_step(taken_over)]
        flat = await self._claim(names, [owner, token, to_ms(now), *steps])
        row = dict(zip(flat[::2], flat[1::2], strict=True))
        return decode_row(delivery.id, row) if row else None

    async def sent(
        self, delivery: Delivery, token: str, receipt: str, now: datetime, note: str = ""
    ) -> bool:
        """Settle a claim as sent, with a note for the trail; False if the claim was lost.

        The other methods that settle a claim also return False if it was lost.
        """
        state = DeliveryState.SENT
        values = {"state": state, "receipt": receipt, "reason": "", MAYBE_DELIVERED: "0"}
        return await self._settle(delivery, token, values, now, detail=note)

    async def retry_later(
        self,
        delivery: Delivery,
        token: str,
        reason: str,
        *,
        due: datetime,
        uses_attempt: bool,
        maybe_delivered: bool,
        now: datetime,
    ) -> bool:
        """Settle a claim: the delivery is retried when `due`, by its own job."""
        values = {
            "state": DeliveryState.RETRYING,
            "reason": reason,
            "next_at": str(to_ms(due)),
            MAYBE_DELIVERED: str(int(maybe_delivered)),
            "owner": job_id(Task.DELIVERY, delivery.id),
        }
        wait = f"rate limited, waits {duration(due - now)}, uses no attempt ({reason})"
        detail = reason if uses_attempt else wait
        job = new_job(Task.DELIVERY, delivery.id, now=now, due=due)
        return await self._settle(
            delivery, token, values, now, detail=detail, job=job, uses_attempt=uses_attempt
        )

    async def fail(
        self,
        delivery: Delivery,
        token: str,
        reason: str,
        *,
        maybe_delivered: bool,
        report: bool,
        now: datetime,
    ) -> bool:
        """Settle a claim as failed; with `report` as a dead letter that a job reports."""
        delivered = str(int(maybe_delivered))
        values = {"state": DeliveryState.FAILED, "reason": reason, MAYBE_DELIVERED: delivered}
        dead = DeadLetter.delivery(delivery.id) if report else None
        job = new_job(Task.DEAD_LETTER, str(dead), now=now) if dead else None
        return await self._settle(delivery, token, values, now, job=job, adds_dead_letter=dead)

    async def skip(self, delivery: Delivery, token: str, reason: str, now: datetime) -> bool:
        """Settle a claim as skipped: the delivery need not or cannot be sent."""
        values = {"state": DeliveryState.SKIPPED, "reason": reason}
        return await self._settle(delivery, token, values, now)

    async def requeue(self, delivery: Delivery, now: datetime) -> bool:
        """Enqueue a failed delivery again, with all its attempts; False if it has not failed."""
        transition = Transition(
            subject=keys.delivery(delivery.id),
            trail=keys.trail(delivery.event_id),
            expect={"state": DeliveryState.FAILED},
            set={
                "state": DeliveryState.RETRYING,
                "attempts": "0",
                "next_at": str(to_ms(now)),
                "updated_at": str(to_ms(now)),
                "owner": job_id(Task.DELIVERY, delivery.id),
            },
            step=delivery_step(delivery, now, "retried by hand"),
            job=new_job(Task.DELIVERY, delivery.id, now=now),
            removes_dead_letter=DeadLetter.delivery(delivery.id),
        )
        return await self._transitions.apply(transition)

    async def _settle(
        self,
        delivery: Delivery,
        token: str,
        values: Mapping[str, str],
        now: datetime,
        *,
        detail: str = "",
        **more: Any,
    ) -> bool:
        """End a claim, with a step that has the detail or the reason; `more` are a transition's fields."""
        transition = Transition(
            subject=keys.delivery(delivery.id),
            trail=keys.trail(delivery.event_id),
            expect={"state": DeliveryState.SENDING, "token": token},
            set={"next_at": "", **values, "updated_at": str(to_ms(now))},
            step=delivery_step(delivery, now, values["state"], detail or values["reason"]),
            id=token,
            **more,
        )
        return await self._transitions.apply(transition)
