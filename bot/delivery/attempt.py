"""One attempt at one delivery: claim, send, settle."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import structlog

from bot.delivery.backoff import BACKOFF, counted_if_too_long, due_again
from bot.delivery.notice import why_resolved
from bot.delivery.senders import Ensure, Sender
from bot.delivery.turns import Turns
from bot.errors import DeliveryError, LeaseLost, RenderError
from bot.lease import patiently
from bot.model import Channel, Delivery
from bot.store import Store
from bot.store.measures import Metrics

_MOST_ATTEMPTS = 1 + len(BACKOFF)

_FOUND = "found in the channel, not posted again"
_SENT_AGAIN = {
    Channel.SLACK: "not found in the channel, so posted now",
    Channel.EMAIL: "sent again under the same Message-ID, since it may not have arrived before",
}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes attempts, by the sender of each destination's channel."""

    store: Store
    senders: Mapping[Channel, Sender]
    metrics: Metrics
    clock: Callable[[], datetime]
    turns: Turns = field(default_factory=Turns)
    uniform: Callable[[], float] = random.random
    """Gives numbers from 0 to 1, by which retries are spread."""

    async def make(self, delivery: Delivery, owner: str, ensure: Ensure) -> None:
        """Try the delivery once on behalf of the job `owner`, if it is that job's to try.

        What goes wrong with the sending is settled in the ledger and not raised.

        Raises:
            LeaseLost: if the job is another worker's by now; the ledger is left to that one.
            redis.RedisError: if the ledger cannot be read or written; the job is to run again.
        """
        token = uuid4().hex
        # Before the claim: one that sends nothing in the end makes the next run unsure.
        resolved = await why_resolved(self.store, delivery) if delivery.is_notice else ""
        claimed = await self.store.ledger.claim(delivery, owner, token, self.clock())
        if claimed is not None:
            await _Attempt(self, claimed, token, ensure, resolved).run()


class _Attempt:
    """A claimed delivery on its way out."""

    def __init__(
        self, parts: Attempts, delivery: Delivery, token: str, ensure: Ensure, resolved: str
    ) -> None:
        self._ledger = parts.store.ledger
        self._sender = parts.senders.get(delivery.destination.channel)
        self._metrics = parts.metrics
        self._clock = parts.clock
        self._turns = parts.turns
        self._uniform = parts.uniform
        self._delivery = delivery
        self._token = token
        self._ensure = ensure
        self._resolved = resolved
        self._seconds = 0.0
        self._begun = False

    async def run(self) -> None:
        channel = self._delivery.destination.channel
        if self._sender is None:
            await self._skip(f"{channel} is not configured any more")
            return
        if self._resolved:
            await self._skip(self._resolved)
            return
        if self._delivery.attempts > _MOST_ATTEMPTS:
            await self._fail(DeliveryError.final("its attempts never came to an end", unsure=True))
            return
        try:
            receipt = await self._send(self._sender)
        except DeliveryError as error:
            await self._fail(error)
        except RenderError as error:
            await self._fail(DeliveryError.final(str(error)))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  # not a fault that a sender knows, and not ours to lose
            _log.exception("sender failed", delivery_id=self._delivery.id)
            reason = f"unexpected {type(error).__name__}"
            await self._fail(DeliveryError.passing(reason, unsure=True))
        else:
            await self._succeed(receipt)

    async def _send(self, sender: Sender) -> str:
        wait = self._turns.wait(sender.rate_limit(self._delivery), self._delivery.id)
        if wait:
            raise DeliveryError.paced("waiting for its turn", wait)
        started = time.monotonic()
        try:
            return await sender.send(self._delivery, self._before_the_call)
        finally:
            self._seconds = time.monotonic() - started
            self._metrics.attempt(self._delivery.destination.channel, self._seconds)

    def _before_the_call(self) -> None:
        """What the sender calls right before the call that cannot be taken back."""
        self._ensure()
        self._begun = True

    def _note(self) -> str:
        """What the trail is to tell of a delivery that was not simply sent."""
        notes = []
        if self._delivery.unsure:
            channel = self._delivery.destination.channel
            notes.append(_SENT_AGAIN.get(channel, "sent again") if self._begun else _FOUND)
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
            self._metrics.arrived(self._delivery.destination.channel, latency)
        self._account("sent")

    async def _fail(self, error: DeliveryError) -> None:
        if self._sender is not None and self._seconds and error.after:
            limit = self._sender.rate_limit(self._delivery)
            error.after = self._turns.rest(limit, self._delivery.id, error.after)
        now = self._clock()
        error = counted_if_too_long(error, now - self._delivery.created_at)
        due = due_again(error, self._delivery.attempts, now, self._uniform)
        if due is None:
            await self._bury(error, now)
        else:
            await self._retry(error, due, now)

    async def _retry(self, error: DeliveryError, due: datetime, now: datetime) -> None:
        await self._settle(
            lambda: self._ledger.retry_later(
                self._delivery,
                self._token,
                error.reason,
                due=due,
                counts=error.counts,
                unsure=error.unsure or self._delivery.unsure,
                now=now,
            )
        )
        self._account("retrying")

    async def _bury(self, error: DeliveryError, now: datetime) -> None:
        await self._settle(
            lambda: self._ledger.fail(
                self._delivery,
                self._token,
                error.reason,
                unsure=error.unsure or self._delivery.unsure,
                # A notice that fails is no dead letter itself: what it tells of is listed already.
                report=not self._delivery.is_notice,
                now=now,
            )
        )
        self._account("failed")

    async def _settle(self, settle: Callable[[], Awaitable[bool]]) -> None:
        if not await patiently(settle, self._ensure):
            raise LeaseLost("another run has settled this delivery")

    def _account(self, outcome: str) -> None:
        channel = self._delivery.destination.channel
        count = self._metrics.notice if self._delivery.is_notice else self._metrics.delivery
        count(channel, outcome)
        _log.info(
            "attempt",
            event_id=self._delivery.event_id,
            delivery_id=self._delivery.id,
            channel=str(channel),
            outcome=outcome,
            attempt=self._delivery.attempts,
            duration_ms=round(self._seconds * 1000),
        )
