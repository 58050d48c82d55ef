"""The jobs of a worker: handle an event, retry a delivery, report a dead letter."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.delivery.attempt import Attempts
from bot.delivery.notice import notices_of_delivery, notices_of_event
from bot.delivery.recipients import Recipients, deliveries_of
from bot.errors import CorruptRecord, TryAgain
from bot.model import (
    DeadLetter,
    DeadLetterKind,
    Delivery,
    DeliveryState,
    Event,
    EventState,
    Handler,
    InvalidData,
    Notify,
    Policy,
    Record,
)
from bot.registry import Registry
from bot.rendering.graphemes import cut
from bot.store import Store
from bot.store.events import StoredEvent
from bot.worker.lease import Lease

_HANDLER_ATTEMPTS = 3
_LONGEST_REASON = 500
_UNFINISHED = {DeliveryState.PENDING, DeliveryState.SENDING}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkerTasks:
    """The functions that jobs run. Each takes one id, may run twice, and keeps its result in the store.

    Raises:
        TryAgain: if the job should run again; says when.
        LeaseLost: if another worker has the job.
        redis.RedisError: if Redis is unavailable; the job should run again.
    """

    registry: Registry
    store: Store
    attempts: Attempts
    recipients: Recipients
    policy: Policy
    clock: Callable[[], datetime]

    async def handle_event(self, event_id: str, lease: Lease) -> None:
        """Run the event's handler, write its deliveries, and make the first attempt at each."""
        events, ledger = self.store.events, self.store.ledger
        try:
            stored = await events.get(event_id)
        except CorruptRecord as error:
            await events.dead_letter(event_id, str(error), self.clock())
            return
        if stored is None:
            _log.warning("event is no longer kept", event_id=event_id)
            return
        if stored.state is EventState.FORGOTTEN:
            return
        if stored.state is EventState.ACCEPTED:
            handler = self.registry.get(stored.event.type)
            if handler is None:
                _log.warning("no handler", event_id=event_id)
                await events.leave_unhandled(event_id, self.clock())
                return
            await self._handle(stored, handler)
        deliveries, unreadable = await ledger.read_or_dead_letter(event_id, self.clock())
        if unreadable:
            _log.error("unreadable deliveries", event_id=event_id)
        await self._attempt((d for d in deliveries if d.state in _UNFINISHED), lease)

    async def retry_delivery(self, delivery_id: str, lease: Lease) -> None:
        """Make another attempt at one delivery."""
        try:
            delivery = await self.store.ledger.get(delivery_id)
        except CorruptRecord as error:
            await self.store.ledger.dead_letter(delivery_id, "", str(error), self.clock())
            raise
        if delivery is None:
            _log.warning("delivery is no longer kept", delivery_id=delivery_id)
            return
        await self._attempt([delivery], lease)

    async def report_dead_letter(self, dead_letter: str, lease: Lease) -> None:
        """Notify the operators of the dead letter `event:<id>` or `delivery:<id>`."""
        try:
            dead = DeadLetter.parse(dead_letter)
        except ValueError as error:
            _log.warning("unreadable dead letter", error=str(error))
            return
        if dead.kind is DeadLetterKind.EVENT:
            event_id, notices = dead.id, await self._notices_of_event(dead.id)
        else:
            event_id, notices = await self._notices_of_delivery(dead.id)
        if notices:
            await self.store.ledger.add(event_id, notices, lease.job_id, self.clock())
        # Includes notices of an earlier failure that a killed worker wrote and did not send.
        known = await self.store.ledger.of_event(event_id)
        await self._attempt((d for d in known if d.is_notice and d.state in _UNFINISHED), lease)

    async def close(self) -> None:
        """Close every connection."""
        for transport in self.attempts.transports.values():
            await transport.sender.close()
        await self.store.redis.aclose()

    async def _handle(self, stored: StoredEvent, handler: Handler[Any]) -> None:
        event = stored.event
        events, ledger, records = self.store.events, self.store.ledger, self.store.records
        try:
            intents = handler.run(event, self.policy)
        except InvalidData as error:
            _log.warning("event does not fit its type", event_id=event.id)
            await events.dead_letter(event.id, str(error), self.clock())
            return
        except Exception as error:  # noqa: BLE001  # the event is kept, whatever its handler raises
            _log.exception("handler failed", event_id=event.id)
            failures = await events.count_failure(event.id)
            if failures < _HANDLER_ATTEMPTS:
                raise TryAgain("handler failed", timedelta(seconds=failures)) from None
            reason = f"its handler failed {failures} times: {type(error).__name__}: {error}"
            await events.dead_letter(event.id, cut(reason, _LONGEST_REASON), self.clock())
            return
        deliveries: list[Delivery] = []
        for intent in intents:
            match intent:
                case Notify():
                    since = stored.received_at
                    deliveries += await deliveries_of(event, intent, self.recipients, since=since)
                case Record() if not event.test:
                    occurred_at = min(event.timestamp, self.clock())
                    cached_key = handler.cached_key_of(intent)
                    await records.keep(intent, occurred_at, event.id, cached_key)
        await ledger.open(event.id, deliveries, self.clock())
        _log.info("event handled", event_id=event.id, deliveries=len(deliveries))

    async def _attempt(self, deliveries: Iterable[Delivery], lease: Lease) -> None:
        """Attempt all of them concurrently; raise the first error after the last one has ended."""
        attempts = [self.attempts.make(d, lease.job_id, lease.check_lease) for d in deliveries]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _notices_of_event(self, event_id: str) -> list[Delivery]:
        """Return the notices about the event's failure if it is a dead letter."""
        try:
            stored = await self.store.events.get(event_id)
        except CorruptRecord as error:
            unreadable = Event(event_id, "unreadable", self.clock(), {})
            return await notices_of_event(unreadable, str(error), self.clock(), self.recipients)
        if stored is None or stored.state is not EventState.DEAD:
            return []
        failed_at = stored.concluded_at or self.clock()
        return await notices_of_event(stored.event, stored.reason, failed_at, self.recipients)

    async def _notices_of_delivery(self, delivery_id: str) -> tuple[str, list[Delivery]]:
        """Return the id of the delivery's event, and the notices about its failure if it failed."""
        found = await self.store.ledger.get(delivery_id)
        if found is None:
            return "", []
        if found.state is not DeliveryState.FAILED:
            return found.event_id, []
        return found.event_id, await notices_of_delivery(found, self.recipients)
