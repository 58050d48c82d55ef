"""Counts what was promised against what Slack and the mail server took."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.model import DeadLetter, Delivery, DeliveryState, EventState, Transport
from bot.store.events import StoredEvent
from bot.store.queue import LEASE_KEY
from tests.faults.deployment import Deployment

RECOVERY_SECONDS = 16
"""From a worker's death until another one is through with its jobs: the lease, and a second.

Measured where nothing else uses the machine, which is what `--whole` is for. On any other,
`longest_lease` shows what it rests on.
"""

_RECRUITERS = {"slack:C0RECRUIT", "email:recruiter@example.com"}
_OPERATORS = {"slack:C0ALERTS", "email:operator@example.com"}
EXPECTED = {
    "search.completed": _RECRUITERS,
    "export.ready": _RECRUITERS,
    "key.rotated": _OPERATORS,
}
"""Who hears of an event that fits its type, whatever its data say; the rest depend on these."""


async def longest_lease(redis: Redis) -> float:
    """Seconds until another worker may take every job that is held now."""
    left = [await redis.pttl(key) async for key in redis.scan_iter(f"{LEASE_KEY}*")]
    assert -1 not in left, "a lease without an end"
    return max(left, default=0) / 1000


@dataclass
class Tally:
    """One case's account. What is `lost` or `doubled` fails the test that counts it."""

    runs: int = 0
    events: int = 0
    """How many events were accounted for."""
    lost: int = 0
    doubled: int = 0
    ambiguous: int = 0
    """Mails that were repeated under their Message-ID, since nobody could know that they had arrived."""
    seconds: float = 0.0
    """The longest recovery."""

    def run(self, count: int = 1) -> None:
        self.runs += count

    def recovered(self, seconds: float) -> None:
        self.seconds = max(self.seconds, seconds)

    async def audit(self, deployment: Deployment, accepted: Iterable[str], runs: int = 1) -> None:
        """Account for every event that was answered 200; lost and doubled must be none."""
        self.run(runs)
        account = _Account(deployment, self)
        wrong: list[str] = []
        for event_id in accepted:
            self.events += 1
            wrong += await account.of(event_id)
        wrong += account.strays()
        assert wrong == [], "\n".join(wrong)


class _Account:
    """Every message that arrived, by the delivery that it names."""

    def __init__(self, deployment: Deployment, tally: Tally) -> None:
        self._store = deployment.store
        self._tally = tally
        self._dead: set[DeadLetter] | None = None
        self._arrived: Counter[str] = Counter()
        for post in deployment.slack.posts:
            self._arrived[post.delivery_id] += 1
        for mail in deployment.inbox.mails:
            self._arrived[mail.delivery_id] += 1

    async def of(self, event_id: str) -> Sequence[str]:
        """What is wrong with this event."""
        stored = await self._store.events.get(event_id)
        if stored is None or stored.state is EventState.ACCEPTED:
            return self._lost(f"{event_id} is {stored.state if stored else 'gone'}")
        deliveries = await self._store.ledger.of_event(event_id)
        wrong = [line for d in deliveries for line in await self._delivery(d)]
        missing = _expected(stored) - {str(d.destination) for d in deliveries}
        for destination in missing:
            wrong += self._lost(f"{event_id} has no delivery to {destination}")
        if stored.state is EventState.DEAD and not await self._is_dead(DeadLetter.event(event_id)):
            wrong += self._lost(f"{event_id} is dead, and not to be seen")
        return wrong

    async def _delivery(self, delivery: Delivery) -> Sequence[str]:
        copies = self._arrived[delivery.id]
        name = f"{delivery.event_id} to {delivery.destination}: {delivery.state}, {copies} arrived"
        if copies > 1 and not await self._excused(delivery, copies):
            self._tally.doubled += copies - 1
            return [f"doubled: {name}"]
        if delivery.state is DeliveryState.SENT:
            return [] if copies else self._lost(name)
        if delivery.state is DeliveryState.FAILED:
            return [] if await self._is_told(delivery) else self._lost(name)
        return [] if delivery.state is DeliveryState.SKIPPED else self._lost(name)

    async def _excused(self, delivery: Delivery, copies: int) -> bool:
        """A mail may come again if the ledger knew that nobody could tell; a message in Slack never."""
        steps = await self._store.events.trail(delivery.event_id)
        of_it = [step.what for step in steps if step.delivery_id == delivery.id]
        calls, settled = of_it.count("sending"), of_it.count("sent")
        again_after_all = settled and "sending" in of_it[of_it.index("sent") :]
        if (
            delivery.destination.transport is not Transport.EMAIL
            or calls < copies
            or again_after_all
        ):
            return False
        self._tally.ambiguous += copies - 1
        return True

    async def _is_told(self, delivery: Delivery) -> bool:
        """A notice of a dead letter is no dead letter itself."""
        is_notice = delivery.is_notice
        return is_notice or await self._is_dead(DeadLetter.delivery(delivery.id))

    async def _is_dead(self, dead: DeadLetter) -> bool:
        if self._dead is None:
            self._dead = {*await self._store.dead_letters(utc_now())}
        return dead in self._dead

    def strays(self) -> Sequence[str]:
        unnamed = self._arrived[""]
        return [f"{unnamed} messages in Slack name no delivery"] if unnamed else []

    def _lost(self, what: str) -> list[str]:
        self._tally.lost += 1
        return [f"lost: {what}"]


def _expected(stored: StoredEvent) -> set[str]:
    if stored.state is EventState.DEAD:
        return _OPERATORS
    return EXPECTED.get(stored.event.type, set()) if stored.state is EventState.HANDLED else set()
