"""Attempts with a scripted sender."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.delivery.attempt import Attempts
from bot.delivery.sender import ActiveTransport, CheckLease
from bot.errors import LeaseLost
from bot.metrics.recorder import Metrics
from bot.model import Delivery, Destination, EventState, Notification, Transport
from bot.model.outgoing import OutgoingMessage, RateLimit
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import Run
from tests.factories import (
    MAIL,
    NOW,
    SLACK,
    body_of,
    make_delivery,
    make_event,
    make_notification,
    seconds,
)
from tests.run_jobs import event_job, take_job
from tests.stored_events import read

TO_SLACK = make_delivery(destination=SLACK)
TO_EMAIL = make_delivery(destination=MAIL)


@dataclass
class ScriptedSender:
    """Returns or raises `outcome`; real senders have tests of their own.

    With `finds`, it finds every message that may have been delivered.
    """

    outcome: str | Exception = "C1/1.1"
    finds: bool = False
    seen: list[OutgoingMessage[str]] = field(default_factory=list)

    async def send(self, message: OutgoingMessage[str], check_lease: CheckLease) -> str:
        self.seen.append(message)
        if not (self.finds and message.maybe_delivered):
            check_lease()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def rate_limit(self, destination: Destination) -> RateLimit:
        return RateLimit(str(destination), timedelta(seconds=1))

    async def close(self) -> None: ...


async def open_event(store: Store, *deliveries: Delivery) -> None:
    """Accept the event, and leave it as its handler does, with these deliveries."""
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    change = Change(await read(store), NOW)
    change.conclude(EventState.HANDLED)
    change.step("handled")
    for delivery in deliveries:
        change.put(delivery)
    await store.commits.apply(change)


@pytest.fixture
def sender() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
async def attempts(store: Store, sender: ScriptedSender) -> Attempts:
    """Return attempts made two seconds after the event was accepted; only Slack is configured."""
    await open_event(store, TO_SLACK, TO_EMAIL)
    metrics = Metrics(store.counters, ["search.completed"])
    slack = ActiveTransport(lambda notification: notification.template, sender)
    return Attempts(store, {Transport.SLACK: slack}, metrics, lambda: NOW + seconds(2))


@dataclass(frozen=True)
class Lease:
    """A run of a job, whose lease may be lost."""

    run: Run
    check_lease: CheckLease


def held_lease() -> None:
    """Check a lease that is still held."""


def lost_lease() -> None:
    raise LeaseLost("paused for too long")


async def attempt(
    attempts: Attempts,
    *deliveries: Delivery,
    check_lease: CheckLease = held_lease,
    notifications: Sequence[Notification] = (make_notification(),),
) -> None:
    """Make an attempt at each of the deliveries, as they are stored now, in a run of the event's job."""
    store = attempts.store
    taken = await take_job(store, event_job())
    change = Change(await read(store), attempts.clock())
    found = [await stored(store, delivery) for delivery in deliveries]
    await attempts.make(change, found, notifications, {}, Lease(taken.run, check_lease))


async def stored(store: Store, delivery: Delivery = TO_SLACK) -> Delivery:
    found = (await read(store)).delivery(delivery.id)
    assert found is not None
    return found
