"""One attempt at one delivery: claim, render, send, settle."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import structlog

from bot.delivery.backoff import BACKOFF, expire_rate_limit, next_attempt_at
from bot.delivery.notice import why_resolved
from bot.delivery.rate_limit import RateLimiter
from bot.delivery.sender import ActiveTransport, CheckLease
from bot.errors import DeliveryError, LeaseLost, RenderError
from bot.metrics.recorder import Metrics
from bot.model import Delivery, Destination, Transport
from bot.model.outgoing import OutgoingMessage
from bot.store import Store
from bot.store.retry import RETRY_INTERVAL, retry_while_unavailable

_MAX_ATTEMPTS = 1 + len(BACKOFF)

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

    async def make(self, delivery: Delivery, owner: str, check_lease: CheckLease) -> None:
        """Try the delivery once for the job `owner`, unless it belongs to another job.

        A failed send is recorded in the ledger, not raised.

        Raises:
            LeaseLost: if another worker has the job by now; it settles the delivery.
            redis.RedisError: if the ledger cannot be read or written; the job is to run again.
        """
        to = delivery.destination
        if to is None:
            return
        transport = self.transports.get(to.transport)
        skip_reason, token = "", uuid4().hex
        # Before the claim: a claim that sends nothing would make the next run look for a message.
        if transport is None:
            skip_reason = f"{to.transport} is not configured any more"
        elif delivery.is_notice:
            skip_reason = await why_resolved(self.store, delivery)
        claimed = await self.store.ledger.claim(delivery, owner, token, self.clock())
        if claimed is None:
            return
        attempt = _Attempt(self, claimed, to, token, check_lease)
        if transport is None or skip_reason:
            await attempt.skip(skip_reason)
        else:
            await attempt.run(transport)


@dataclass(slots=True)
class _Attempt:
    """An attempt at a claimed delivery."""

    parts: Attempts
    delivery: Delivery
    destination: Destination
    token: str
    check_lease: CheckLease
    seconds: float = 0.0
    """How long the sender took."""
    call_began: bool = False

    async def run(self, transport: ActiveTransport[Any]) -> None:
        try:
            receipt = await self._send(transport)
        except DeliveryError as error:
            await self._fail(error)
        except RenderError as error:
            await self._fail(DeliveryError.permanent(str(error)))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # a bug must not lose the delivery
            _log.exception("sender failed", delivery_id=self.delivery.id)
            reason = f"unexpected {type(error).__name__}"
            await self._fail(DeliveryError.transient(reason, maybe_delivered=True))
        else:
            await self._succeed(receipt, self._note(transport.resent_note))

    async def _send(self, transport: ActiveTransport[Any]) -> str:
        if self.delivery.attempts > _MAX_ATTEMPTS:
            reason = "every attempt was interrupted"
            raise DeliveryError.permanent(reason, maybe_delivered=True)
        limit, limiter = transport.sender.rate_limit(self.destination), self.parts.rate_limiter
        wait = limiter.delay(limit, self.delivery.id)
        if wait:
            raise DeliveryError.rate_limited("waiting behind the rate limit", wait)
        message = OutgoingMessage(
            id=self.delivery.id,
            destination=self.destination,
            content=transport.render(self.delivery.notification),
            created_at=self.delivery.created_at,
            maybe_delivered=self.delivery.maybe_delivered,
        )
        started = time.monotonic()
        try:
            return await transport.sender.send(message, self._before_call)
        except DeliveryError as error:
            if error.after:
                error.after = limiter.back_off(limit, self.delivery.id, error.after)
            raise
        finally:
            self.seconds = time.monotonic() - started
            self.parts.metrics.observe_call(self.destination.transport, self.seconds)

    def _before_call(self) -> None:
        """Check the lease right before the call that cannot be undone."""
        self.check_lease()
        self.call_began = True

    def _note(self, resent_note: str) -> str:
        """Return what the timeline adds to "sent": a message found or sent again, rate limits."""
        notes = []
        if self.delivery.maybe_delivered:
            found = "found in the channel, not posted again"
            notes.append(resent_note if self.call_began else found)
        if self.delivery.waits > 1:
            notes.append(f"delayed {self.delivery.waits} times by a rate limit")
        return "; ".join(notes)

    async def skip(self, reason: str) -> None:
        now, ledger = self.parts.clock(), self.parts.store.ledger
        await self._settle("skipped", partial(ledger.skip, self.delivery, self.token, reason, now))

    async def _succeed(self, receipt: str, note: str) -> None:
        now, ledger = self.parts.clock(), self.parts.store.ledger
        sent = partial(ledger.sent, self.delivery, self.token, receipt, now, note)
        await self._settle("sent", sent)
        if not self.delivery.is_notice:
            latency = (now - self.delivery.created_at).total_seconds()
            self.parts.metrics.observe_latency(self.destination.transport, latency)

    async def _fail(self, error: DeliveryError) -> None:
        """Retry the delivery later, or make it a dead letter."""
        now, ledger = self.parts.clock(), self.parts.store.ledger
        error = expire_rate_limit(error, now - self.delivery.created_at)
        due = next_attempt_at(error, self.delivery.attempts, now, self.parts.jitter)
        claim = (self.delivery, self.token, error.reason)
        maybe_delivered = error.maybe_delivered or self.delivery.maybe_delivered
        if due is None:
            # A failed notice is not reported: the failure it is about is listed already.
            report = not self.delivery.is_notice
            fail = partial(
                ledger.fail, *claim, maybe_delivered=maybe_delivered, report=report, now=now
            )
            await self._settle("failed", fail)
        else:
            retry = partial(
                ledger.retry_later,
                *claim,
                due=due,
                uses_attempt=error.uses_attempt,
                maybe_delivered=maybe_delivered,
                now=now,
            )
            await self._settle("retrying", retry)

    async def _settle(self, outcome: str, settle: Callable[[], Awaitable[bool]]) -> None:
        """Write the outcome to the ledger, then count and log it."""
        interval = self.parts.redis_retry_interval
        if not await retry_while_unavailable(settle, self.check_lease, interval):
            raise LeaseLost("another run has settled this delivery")
        transport, metrics = self.destination.transport, self.parts.metrics
        count = metrics.count_notice if self.delivery.is_notice else metrics.count_outcome
        count(transport, outcome)
        _log.info(
            "attempt",
            event_id=self.delivery.event_id,
            delivery_id=self.delivery.id,
            channel=str(transport),
            outcome=outcome,
            attempt=self.delivery.attempts,
            duration_ms=round(self.seconds * 1000),
        )
