"""One attempt at one delivery: claim, send, settle."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from bot.delivery.backoff import BACKOFF, expire_rate_limit, next_attempt_at
from bot.delivery.notice import why_resolved
from bot.delivery.rate_limit import Turns
from bot.delivery.sender import ActiveTransport, CheckLease
from bot.errors import DeliveryError, LeaseLost, RenderError
from bot.metrics.recorder import Metrics
from bot.model import Delivery, Destination, Transport
from bot.model.outgoing import OutgoingMessage
from bot.store import Store
from bot.store.retry import RETRY_INTERVAL, retry_while_unavailable

_MOST_ATTEMPTS = 1 + len(BACKOFF)

_FOUND = "found in the channel, not posted again"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes attempts with the transport of each destination."""

    store: Store
    transports: Mapping[Transport, ActiveTransport[Any]]
    metrics: Metrics
    clock: Callable[[], datetime]
    turns: Turns = field(default_factory=Turns)
    uniform: Callable[[], float] = random.random
    """Gives numbers from 0 to 1, by which retries are spread."""
    redis_retry_interval: timedelta = RETRY_INTERVAL

    async def make(self, delivery: Delivery, owner: str, check_lease: CheckLease) -> None:
        """Try the delivery once on behalf of the job `owner`, if it is that job's to try.

        What goes wrong with the sending is settled in the ledger and not raised.

        Raises:
            LeaseLost: if the job is another worker's by now; the ledger is left to that one.
            redis.RedisError: if the ledger cannot be read or written; the job is to run again.
        """
        if delivery.destination is None:
            return
        token = uuid4().hex
        # Before the claim: one that sends nothing in the end makes the next run uncertain.
        resolved = await why_resolved(self.store, delivery) if delivery.is_notice else ""
        claimed = await self.store.ledger.claim(delivery, owner, token, self.clock())
        if claimed is not None:
            to = delivery.destination
            await _Attempt(
                self, claimed, to, token=token, check_lease=check_lease, resolved=resolved
            ).run()


class _Attempt:
    """A claimed delivery on its way out."""

    def __init__(
        self,
        parts: Attempts,
        delivery: Delivery,
        to: Destination,
        *,
        token: str,
        check_lease: CheckLease,
        resolved: str,
    ) -> None:
        self._ledger = parts.store.ledger
        self._destination = to
        self._transport = parts.transports.get(to.transport)
        self._metrics = parts.metrics
        self._clock = parts.clock
        self._turns = parts.turns
        self._uniform = parts.uniform
        self._redis_retry_interval = parts.redis_retry_interval
        self._delivery = delivery
        self._token = token
        self._check_lease = check_lease
        self._resolved = resolved
        self._seconds = 0.0
        self._begun = False

    async def run(self) -> None:
        if self._transport is None:
            name = self._destination.transport
            await self._skip(f"{name} is not configured any more")
            return
        if self._resolved:
            await self._skip(self._resolved)
            return
        if self._delivery.attempts > _MOST_ATTEMPTS:
            await self._fail(
                DeliveryError.permanent("its attempts never came to an end", maybe_delivered=True)
            )
            return
        try:
            receipt = await self._send(self._transport)
        except DeliveryError as error:
            await self._fail(error)
        except RenderError as error:
            await self._fail(DeliveryError.permanent(str(error)))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # not a fault that a sender knows, and not ours to lose
            _log.exception("sender failed", delivery_id=self._delivery.id)
            reason = f"unexpected {type(error).__name__}"
            await self._fail(DeliveryError.transient(reason, maybe_delivered=True))
        else:
            await self._succeed(receipt)

    async def _send(self, transport: ActiveTransport[Any]) -> str:
        limit = transport.sender.rate_limit(self._destination)
        wait = self._turns.wait(limit, self._delivery.id)
        if wait:
            raise DeliveryError.rate_limited("waiting for its turn", wait)
        message = OutgoingMessage(
            id=self._delivery.id,
            destination=self._destination,
            content=transport.render(self._delivery.notification),
            created_at=self._delivery.created_at,
            maybe_delivered=self._delivery.maybe_delivered,
        )
        started = time.monotonic()
        try:
            return await transport.sender.send(message, self._before_the_call)
        finally:
            self._seconds = time.monotonic() - started
            self._metrics.attempt(self._destination.transport, self._seconds)

    def _before_the_call(self) -> None:
        """What the sender calls right before the call that cannot be taken back."""
        self._check_lease()
        self._begun = True

    def _note(self) -> str:
        """What the trail is to tell of a delivery that was not simply sent."""
        notes = []
        if self._delivery.maybe_delivered:
            resent = self._transport.resent_note if self._transport else ""
            notes.append(resent if self._begun else _FOUND)
        if self._delivery.waits > 1:
            notes.append(f"a rate limit put it off {self._delivery.waits} times")
        return "; ".join(notes)

    async def _skip(self, reason: str) -> None:
        now = self._clock()
        await self._settle(lambda: self._ledger.skip(self._delivery, self._token, reason, now))
        self._account("skipped")

    async def _succeed(self, receipt: str) -> None:
        now = self._clock()
        note = self._note()
        await self._settle(
            lambda: self._ledger.sent(self._delivery, self._token, receipt, now, note)
        )
        if not self._delivery.is_notice:
            latency = (now - self._delivery.created_at).total_seconds()
            self._metrics.arrived(self._destination.transport, latency)
        self._account("sent")

    async def _fail(self, error: DeliveryError) -> None:
        if self._transport is not None and self._seconds and error.after:
            limit = self._transport.sender.rate_limit(self._destination)
            error.after = self._turns.rest(limit, self._delivery.id, error.after)
        now = self._clock()
        error = expire_rate_limit(error, now - self._delivery.created_at)
        due = next_attempt_at(error, self._delivery.attempts, now, self._uniform)
        if due is None:
            await self._dead_letter(error, now)
        else:
            await self._retry(error, due, now)

    async def _retry(self, error: DeliveryError, due: datetime, now: datetime) -> None:
        await self._settle(
            lambda: self._ledger.retry_later(
                self._delivery,
                self._token,
                error.reason,
                due=due,
                uses_attempt=error.uses_attempt,
                maybe_delivered=error.maybe_delivered or self._delivery.maybe_delivered,
                now=now,
            )
        )
        self._account("retrying")

    async def _dead_letter(self, error: DeliveryError, now: datetime) -> None:
        await self._settle(
            lambda: self._ledger.fail(
                self._delivery,
                self._token,
                error.reason,
                maybe_delivered=error.maybe_delivered or self._delivery.maybe_delivered,
                # A notice that fails is no dead letter itself: what it tells of is listed already.
                report=not self._delivery.is_notice,
                now=now,
            )
        )
        self._account("failed")

    async def _settle(self, settle: Callable[[], Awaitable[bool]]) -> None:
        interval = self._redis_retry_interval
        if not await retry_while_unavailable(settle, self._check_lease, interval):
            raise LeaseLost("another run has settled this delivery")

    def _account(self, outcome: str) -> None:
        transport = self._destination.transport
        count = self._metrics.notice if self._delivery.is_notice else self._metrics.delivery
        count(transport, outcome)
        _log.info(
            "attempt",
            event_id=self._delivery.event_id,
            delivery_id=self._delivery.id,
            channel=str(transport),
            outcome=outcome,
            attempt=self._delivery.attempts,
            duration_ms=round(self._seconds * 1000),
        )
