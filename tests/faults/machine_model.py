"""The promise: an event that was answered 200 reaches each destination once, or is a dead letter."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.notifications import notification_of
from bot.delivery.other_event import notify_of_other
from bot.delivery.recipients import Recipients, deliveries_of
from bot.delivery.subscriptions import MUTED, PAUSED, Places
from bot.intake.envelope import parse_envelope
from bot.model import (
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    EventState,
    InvalidData,
    Notify,
    Transport,
)
from bot.model.subscription import Place, Subscription
from bot.store.queue import JOB_KEY, LEASES, QUEUE, RUNNING
from bot.store.stored_event import StoredEvent
from bot.wiring import audiences
from tests.factories import MAIL, SLACK
from tests.faults.machine_worker import RETENTION
from tests.faults.machine_world import World
from tests.run_jobs import unfinished

DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "search": ("search.completed", {"searchId": "s", "resultCount": 1204}),
    "export": ("export.ready", {"exportId": "e", "downloadUrl": "https://exports.example.com/e"}),
    "key": ("key.rotated", {"newKeyPrefix": "jb_live_7Qx2"}),
    "quota, high": ("quota.warning", {"usage": 8400, "limit": 10000}),
    "quota, low": ("quota.warning", {"usage": 8000, "limit": 10000}),
    "profile": ("profile.enriched", {"profileId": "p", "fields": ["email"]}),
    "unknown": ("candidate.moved", {"anything": 1}),
    "misfit": ("search.completed", {"resultCount": "many"}),
}

PERSON = Destination(Transport.SLACK, "U0OPERATOR")
NO_PLACES: Places = {}


@dataclass
class Offer:
    """An event with a valid signature."""

    event: Event
    body: bytes
    accepted_at: datetime | None = None
    """When it was first answered 200."""


@dataclass
class Promise:
    """The events that were sent, and the checks of their outcome."""

    world: World
    offers: dict[str, Offer] = field(default_factory=dict)
    excuses: int = 0
    """How many faults may have left it unknown whether a mail was delivered."""
    has_choices: bool = False
    """Whether somebody has ever chosen what a place gets."""

    def offer(self, kind: str) -> Offer:
        event_type, data = DATA[kind]
        content = {
            "id": f"evt_{len(self.offers)}",
            "type": event_type,
            "timestamp": self.world.time.true.isoformat(),
            "data": data,
        }
        body = json.dumps(content).encode()
        offer = Offer(parse_envelope(body, self.world.time.true), body)
        self.offers[offer.event.id] = offer
        return offer

    async def choose(self, to: Destination, place: Place) -> None:
        """Choose for a place, as people do in Slack; the new choices count for what comes from now on."""
        self.has_choices = True
        await self.world.store.places.edit(to, lambda _: place, self.world.time.now())

    def _may_have(self, event: Event) -> set[str]:
        """Return the ids of the deliveries to somebody who has subscribed to everything at some time."""
        everything = Place(subscriptions=(Subscription(("*",), PERSON.address, event.timestamp),))
        places = dict.fromkeys((SLACK, MAIL, PERSON), everything)
        return (self._expected(event, places) or set()) if self.has_choices else set()

    def _expected(self, event: Event, places: Places = NO_PLACES) -> set[str] | None:
        """Return the ids of the expected deliveries, or None if the data does not fit the type."""
        handler = self.world.registry.get(event.type)
        settings = self.world.settings
        recipients = Recipients(audiences(settings))
        if handler is None:
            found = deliveries_of(
                notification_of(event, notify_of_other(event)), recipients, places, event.timestamp
            )
            return {delivery.id for delivery in found if delivery.destination}
        try:
            intents = handler.run(event, settings.policy)
        except InvalidData:
            return None
        return {
            delivery.id
            for intent in intents
            if isinstance(intent, Notify)
            for delivery in deliveries_of(
                notification_of(event, intent), recipients, places, since=event.timestamp
            )
        }

    def _arrived(self) -> tuple[Counter[str], Counter[str]]:
        """Return how often each delivery arrived, in Slack and by mail."""
        posts = Counter(
            str((post.metadata or {})["event_payload"]["delivery_id"])
            for post in self.world.slack.posts
        )
        mails = Counter(
            str(mail.message["Message-ID"]).strip("<>").partition("@")[0]
            for mail in self.world.inbox.mails
        )
        return posts, mails

    async def check_always(self) -> None:
        """Check what must be true at every moment."""
        posts, mails = self._arrived()
        doubled = {name: copies for name, copies in posts.items() if copies > 1}
        assert not doubled, f"doubled in Slack: {doubled}"
        assert sum(mails.values()) - len(mails) <= self.excuses, f"doubled by mail: {mails}"
        deliveries = await self._deliveries()
        notices = {d.id for d in deliveries.values() if d.is_notice}
        expected = {
            name
            for offer in self.offers.values()
            for name in (self._expected(offer.event) or set()) | self._may_have(offer.event)
        }
        assert {*deliveries} <= expected | notices
        summaries = {name for name in (*posts, *mails) if name.startswith("msg_")}
        assert self.has_choices or not summaries
        kept = {f for f, offer in self.offers.items() if not self._may_have_expired(offer)}
        if len(kept) == len(self.offers):
            assert {*posts, *mails} <= expected | notices | summaries, "an unexpected message"
        failed = {d.id for d in deliveries.values() if d.state is DeliveryState.FAILED}
        for name in failed - notices:
            assert await self._is_dead_letter(DeadLetter(deliveries[name].event_id, name)), (
                f"{name} failed and is not listed as a dead letter"
            )
        for offer in self.offers.values():
            await self._stored(offer)
        await self._check_queue()

    async def check(self) -> None:
        """Check what must be true after all faults have ended and the queue is empty."""
        await self.check_always()
        posts, mails = self._arrived()
        deliveries = await self._deliveries()
        for offer in self.offers.values():
            stored = await self._stored(offer)
            if stored is None:
                continue
            expected = self._expected(offer.event)
            states = {EventState.DEAD if expected is None else EventState.HANDLED}
            if not self.world.registry.get(offer.event.type):
                states = {EventState.UNHANDLED, *(states if self.has_choices else ())}
            assert stored.state in states, f"{offer.event.id} is {stored.state}"
            for name in {*(expected or ()), *self._may_have(offer.event)}:
                delivery = deliveries.get(name)
                if delivery is None:
                    assert self.has_choices, f"{offer.event.id} has no delivery {name}"
                    continue
                copies = sum(posts[n] + mails[n] for n in {name, delivery.message} if n)
                self._check_delivery(delivery, copies)
        assert not [key async for key in self.world.redis.scan_iter("arq:*")]

    async def check_all_arrived(self) -> None:
        """Check what must be true when, in addition, every dead letter was retried."""
        await self.check()
        for delivery in (await self._deliveries()).values():
            is_notice = delivery.is_notice
            done = {DeliveryState.SENT, DeliveryState.SKIPPED}
            assert delivery.state in done or is_notice, f"{delivery.id} is {delivery.state}"

    def _check_delivery(self, delivery: Delivery, copies: int) -> None:
        match delivery.state:
            case DeliveryState.SENT:
                assert copies, f"lost: {delivery.id} is marked as sent to {delivery.destination}"
            case DeliveryState.SKIPPED:
                nobody = delivery.destination is None and not copies
                unwanted = self.has_choices and delivery.reason.startswith((MUTED, PAUSED))
                assert nobody or unwanted or delivery.is_notice, "a message that was skipped"
            case state:
                assert state is DeliveryState.FAILED, f"{delivery.id} is left {state}"

    async def _deliveries(self) -> dict[str, Delivery]:
        found = [await self.world.store.events.get(event_id) for event_id in self.offers]
        return {d.id: d for stored in found if stored for d in stored.deliveries}

    async def _stored(self, offer: Offer) -> StoredEvent | None:
        """Return the event, or None if it has expired; it must be kept for the retention time."""
        stored = await self.world.store.events.get(offer.event.id)
        if stored is None:
            gone = offer.accepted_at is None or self._may_have_expired(offer)
            assert gone, f"lost: {offer.event.id} was answered 200 and is not stored"
            return None
        assert stored.body == offer.body
        if stored.state is EventState.DEAD and not self._may_have_expired(offer):
            assert await self._is_dead_letter(DeadLetter(offer.event.id))
        return stored

    def _may_have_expired(self, offer: Offer) -> bool:
        age = self.world.time.true - offer.event.timestamp
        return age > RETENTION - timedelta(days=1)

    async def _is_dead_letter(self, dead: DeadLetter) -> bool:
        now = self.world.time.now()
        return dead in await self.world.store.dead_letters(now)

    async def _check_queue(self) -> None:
        """Check that every job is indexed and stored, waits or runs, and that those that run have leases."""
        redis = self.world.redis
        queued, running = {*await redis.zrange(QUEUE, 0, -1)}, {*await redis.zrange(RUNNING, 0, -1)}
        jobs = {job.encode() for job in await unfinished(redis)}
        blobs = {key.removeprefix(JOB_KEY.encode()) async for key in redis.scan_iter(f"{JOB_KEY}*")}
        assert jobs == blobs == queued | running, "jobs that are not queued, or ids without a job"
        assert not queued & running, "jobs that wait and run"
        assert {*await redis.hkeys(LEASES)} == running
