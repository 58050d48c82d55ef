"""Attempts at deliveries: begin, render, send, settle."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from bot.delivery import transitions
from bot.delivery.backoff import BACKOFF, expire_rate_limit, next_attempt_at
from bot.delivery.call import Call, Contents
from bot.delivery.notifications import notification_for
from bot.delivery.rate_limit import RateLimiter
from bot.delivery.sender import ActiveTransport, CheckLease
from bot.delivery.settlement import Leased, Settlement
from bot.delivery.subscriptions import SEND, Places, decide
from bot.errors import DeliveryError, LeaseLost, RenderError
from bot.metrics.recorder import Metrics
from bot.model import (
    Delivery,
    DeliveryState,
    Notification,
    Transport,
)
from bot.model.subscription import Place
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import DONE
from bot.store.retry import RETRY_INTERVAL

MAX_ATTEMPTS = 1 + len(BACKOFF)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes attempts with the transport of each destination."""

    store: Store
    transports: Mapping[Transport, ActiveTransport[Any]]
    metrics: Metrics
    clock: Callable[[], datetime]
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    jitter: Callable[[], float] = random.random
    """Returns random numbers from 0 to 1, which spread retries."""
    redis_retry_interval: timedelta = RETRY_INTERVAL

    async def make(
        self,
        change: Change,
        deliveries: Sequence[Delivery],
        notifications: Sequence[Notification] | DeliveryError,
        places: Places,
        job: Leased,
    ) -> None:
        """Try each of the deliveries once, and end the run with the last one.

        `change` is what else is written when the attempts begin; `notifications` are those of the event,
        or why there are none. What the `places` do not want now is held or skipped. A failed send is
        recorded, not raised.

        Raises:
            LeaseLost: if another worker has the job by now; it settles the deliveries.
            ChangedMeanwhile: if the event is not as it was read; nothing was sent.
            redis.RedisError: if Redis cannot be read or written; the job is to run again.
        """
        calls: list[Call] = []
        settled: list[Delivery] = []
        contents = Contents()
        for delivery in deliveries:
            begun = self._begin(change, delivery, notifications, places, contents)
            if isinstance(begun, Call):
                calls.append(begun)
            elif begun is not None:
                settled.append(begun)
        stored = await self.store.commits.apply(change, job.run, None if calls else DONE)
        for delivery in settled:
            self.report(delivery, 0, is_test=stored.event.test)
        settlement = Settlement(
            *(self.store, stored, job, self.clock, self.redis_retry_interval),
            unsettled=len(calls),
        )
        attempts = [self._attempt(call, settlement) for call in calls]
        for outcome in await asyncio.gather(*attempts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    def _begin(
        self,
        change: Change,
        delivery: Delivery,
        notifications: Sequence[Notification] | DeliveryError,
        places: Places,
        contents: Contents,
    ) -> Call | Delivery | None:
        """Mark the delivery `sending` and return its call; or settle it, if no call is to be made."""
        to = delivery.destination
        if to is None:
            return None
        transport = self.transports.get(to.transport)
        notification = notification_for(delivery, change.stored, notifications)
        if transport is None:
            notification = f"{to.transport} is not configured any more"
        if transport is None or isinstance(notification, str):
            return transitions.skipped(change, delivery, str(notification))
        interrupted = delivery.state is DeliveryState.SENDING
        maybe_delivered = delivery.maybe_delivered or interrupted
        if delivery.attempts >= MAX_ATTEMPTS:
            notification = DeliveryError.permanent("every attempt was interrupted")
        if isinstance(notification, DeliveryError):
            reason = notification.reason
            return transitions.failed(change, delivery, reason, maybe_delivered=maybe_delivered)
        decision = decide(notification, delivery.rule, places.get(to, Place()), change.now)
        if decision != SEND and not maybe_delivered:
            return transitions.decided(change, delivery, decision)
        wait = self.rate_limiter.delay(transport.sender.rate_limit(to), delivery.id)
        if wait:
            if interrupted:
                transitions.add_interruption(change, delivery)
            error = DeliveryError.rate_limited("waiting behind the rate limit", wait)
            error.maybe_delivered = maybe_delivered
            counted = replace(delivery, attempts=delivery.attempts + 1)
            return self._retry_or_fail(change, counted, error)
        begun = transitions.begin(change, delivery, uuid4().hex[:12])
        return Call(transport, to, notification, begun, contents)

    async def _attempt(self, call: Call, settlement: Settlement) -> None:
        receipt, error = await self.try_to_send(call, settlement.job.check_lease)
        place = await settlement.pause(call.delivery, error)
        settled = await settlement.settle(
            lambda change: (
                transitions.paused(change, call.delivery, place)
                if place
                else self._outcome(change, call, receipt, error)
            )
        )
        self.report(settled, call.seconds, is_test=call.notification.test)

    async def try_to_send(
        self, call: Call, check_lease: CheckLease
    ) -> tuple[str, DeliveryError | None]:
        """Return the receipt, or an empty string and why the message was not sent.

        Raises:
            LeaseLost: if another worker has the job by now.
        """
        try:
            return await self._send(call, check_lease), None
        except DeliveryError as raised:
            return "", raised
        except RenderError as raised:
            return "", DeliveryError.permanent(str(raised))
        except LeaseLost:
            raise
        except Exception as raised:  # noqa: BLE001  # a bug must not lose the delivery
            _log.exception("sender failed", delivery_id=call.delivery.id)
            reason = f"unexpected {type(raised).__name__}"
            return "", DeliveryError.transient(reason, maybe_delivered=True)

    async def _send(self, call: Call, check_lease: CheckLease) -> str:
        started = time.monotonic()
        try:
            return await call.send(check_lease)
        finally:
            call.seconds = time.monotonic() - started
            if not call.notification.test:
                self.metrics.observe_call(call.destination.transport, call.seconds)

    def _outcome(
        self, change: Change, call: Call, receipt: str, error: DeliveryError | None
    ) -> Delivery:
        """Put the delivery's new state into the change."""
        delivery = call.delivery
        if error is None:
            return transitions.sent(change, delivery, receipt, call.note())
        after = error.after
        if after and call.seconds:
            limit = call.transport.sender.rate_limit(call.destination)
            error.after = self.rate_limiter.back_off(limit, delivery.id, after)
        return self._retry_or_fail(change, delivery, error)

    def _retry_or_fail(self, change: Change, delivery: Delivery, error: DeliveryError) -> Delivery:
        """Put what follows from a failed attempt, which is counted already, into the change."""
        error = expire_rate_limit(error, change.now - delivery.created_at)
        due = next_attempt_at(error, delivery.attempts, change.now, self.jitter)
        maybe_delivered = error.maybe_delivered or delivery.maybe_delivered
        if due is None:
            return transitions.failed(
                change, delivery, error.reason, maybe_delivered=maybe_delivered
            )
        return transitions.retrying(
            change,
            delivery,
            error.reason,
            after=due - change.now,
            uses_attempt=error.uses_attempt,
            maybe_delivered=maybe_delivered,
        )

    def report(self, delivery: Delivery, seconds: float, *, is_test: bool) -> None:
        """Log the outcome of an attempt, and count it unless it is about a test event."""
        if delivery.destination is None:
            return
        transport, outcome = delivery.destination.transport, str(delivery.state)
        if not is_test:
            self._count(delivery, transport, outcome)
        _log.info(
            "attempt",
            event_id=delivery.event_id,
            delivery_id=delivery.id,
            channel=str(transport),
            outcome=outcome,
            attempt=delivery.attempts,
            duration_ms=round(seconds * 1000),
        )

    def _count(self, delivery: Delivery, transport: Transport, outcome: str) -> None:
        count = self.metrics.count_notice if delivery.is_notice else self.metrics.count_outcome
        count(transport, outcome)
        if delivery.state is DeliveryState.SENT and not delivery.is_notice:
            latency = (delivery.updated_at - delivery.created_at).total_seconds()
            self.metrics.observe_latency(transport, latency)
