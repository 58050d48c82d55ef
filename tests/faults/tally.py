"""Compares accepted events with the messages that Slack and the mail server received."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.model import DeadLetter, Delivery, DeliveryState, EventState, Step, Transport
from bot.store.queue import RUNNING
from bot.store.stored_event import StoredEvent
from tests.faults.deployment import Deployment
from tests.queue_times import now_ms
from tests.stored_events import is_to

RECOVERY_SECONDS = 16
"""The limit from the kill of a worker until another one has finished its jobs: the lease, and a second.

It is checked with `--whole`, where nothing else uses the machine. Elsewhere, `longest_lease` is checked.
"""

_RECRUITERS = {"slack:C0RECRUIT", "email:recruiter@example.com"}
_OPERATORS = {"slack:C0ALERTS", "email:operator@example.com"}
EXPECTED = {
    "search.completed": _RECRUITERS,
    "export.ready": _RECRUITERS,
    "key.rotated": _OPERATORS,
}
"""The destinations of valid events by type, where they do not depend on the data."""


async def longest_lease(redis: Redis) -> float:
    """Return the seconds until the last of the current leases expires."""
    last = await redis.zrange(RUNNING, -1, -1, withscores=True)
    return (last[0][1] - await now_ms(redis)) / 1000 if last else 0


@dataclass
class Tally:
    """The results of a test. A `lost` or `doubled` message fails it."""

    runs: int = 0
    events: int = 0
    """The number of audited events."""
    lost: int = 0
    doubled: int = 0
    ambiguous: int = 0
    """Mails that were repeated under the same Message-ID, since they might not have arrived."""
    seconds: float = 0.0
    """The longest recovery."""

    def run(self, count: int = 1) -> None:
        self.runs += count

    def recovered(self, seconds: float) -> None:
        self.seconds = max(self.seconds, seconds)

    async def audit(self, deployment: Deployment, accepted: Iterable[str], runs: int = 1) -> None:
        """Check that no message of the accepted events is lost or doubled."""
        self.run(runs)
        audit = _Audit(deployment, self)
        wrong: list[str] = []
        for event_id in accepted:
            self.events += 1
            wrong += await audit.event(event_id)
        wrong += audit.unnamed()
        assert wrong == [], "\n".join(wrong)


class _Audit:
    """Compares the deliveries with the messages that arrived, by the id of the delivery or its summary."""

    def __init__(self, deployment: Deployment, tally: Tally) -> None:
        self._store = deployment.store
        self._tally = tally
        self._dead: set[DeadLetter] | None = None
        self._arrived: Counter[str] = Counter()
        for post in deployment.slack.posts:
            self._arrived[post.delivery_id] += 1
        for mail in deployment.inbox.mails:
            self._arrived[mail.delivery_id] += 1

    async def event(self, event_id: str) -> Sequence[str]:
        """Return the problems of this event."""
        stored = await self._store.events.get(event_id)
        if stored is None or stored.state is EventState.ACCEPTED:
            return self._lost(f"{event_id} is {stored.state if stored else 'gone'}")
        wrong = [f"{event_id}: {damaged} is not readable" for damaged in stored.unreadable]
        wrong += [line for d in stored.deliveries for line in await self._delivery(d, stored)]
        missing = _expected(stored) - {str(d.destination) for d in stored.deliveries}
        for destination in missing:
            wrong += self._lost(f"{event_id} has no delivery to {destination}")
        if stored.state is EventState.DEAD and not await self._is_dead(DeadLetter(event_id)):
            wrong += self._lost(f"{event_id} is dead, but not listed as a dead letter")
        return wrong

    async def _delivery(self, delivery: Delivery, stored: StoredEvent) -> Sequence[str]:
        copies = self._arrived[delivery.id]
        copies += self._arrived[delivery.message] if delivery.message else 0
        name = f"{delivery.event_id} to {delivery.destination}: {delivery.state}, {copies} arrived"
        if copies > 1 and not self._is_permitted(delivery, stored, copies):
            self._tally.doubled += copies - 1
            steps = [step.what for step in stored.trail if step.delivery_id == delivery.id]
            return [f"doubled: {name}, after {steps}"]
        if delivery.state is DeliveryState.SENT:
            return [] if copies else self._lost(name)
        if delivery.state is DeliveryState.FAILED:
            return [] if await self._is_reported(delivery) else self._lost(name)
        return [] if delivery.state is DeliveryState.SKIPPED else self._lost(name)

    def _is_permitted(self, delivery: Delivery, stored: StoredEvent, copies: int) -> bool:
        """Allow a mail to be repeated after each attempt that may have sent it, and never a Slack message."""
        steps = [step for step in stored.trail if step.delivery_id == delivery.id]
        names = [step.what for step in steps]
        sent_again = "sent" in names and "sending" in names[names.index("sent") :]
        if not is_to(delivery, Transport.EMAIL) or sent_again:
            return False
        if copies - 1 > sum(map(_may_repeat, steps)):
            return False
        self._tally.ambiguous += copies - 1
        return True

    async def _is_reported(self, delivery: Delivery) -> bool:
        """A failed notice is not a dead letter itself."""
        dead = DeadLetter(delivery.event_id, delivery.id)
        return delivery.is_notice or await self._is_dead(dead)

    async def _is_dead(self, dead: DeadLetter) -> bool:
        if self._dead is None:
            self._dead = {*await self._store.dead_letters(utc_now())}
        return dead in self._dead

    def unnamed(self) -> Sequence[str]:
        count = self._arrived[""]
        return [f"{count} messages in Slack name no delivery"] if count else []

    def _lost(self, what: str) -> list[str]:
        self._tally.lost += 1
        return [f"lost: {what}"]


def _may_repeat(step: Step) -> bool:
    """Whether the step follows an attempt that was interrupted, or failed without a rate limit."""
    if step.what == "sending":
        return step.detail.startswith("interrupted")
    return step.what == "retrying" and not step.detail.startswith("rate limited")


def _expected(stored: StoredEvent) -> set[str]:
    if stored.state is EventState.DEAD:
        return _OPERATORS
    return EXPECTED.get(stored.event.type, set()) if stored.state is EventState.HANDLED else set()
