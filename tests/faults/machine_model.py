"""The promise: what was answered 200 reaches every destination once, or is seen to have failed."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.recipients import deliveries_of
from bot.errors import InvalidData
from bot.intake.envelope import parse_envelope
from bot.model import Delivery, DeliveryState, Event, EventState, Notify, Transport
from bot.store.events import StoredEvent, dead_member
from bot.store.queue import JOB_KEY, LEASE_KEY, QUEUE
from bot.wiring import audiences
from tests.faults.machine_worker import RETENTION
from tests.faults.machine_world import World

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


@dataclass
class Offer:
    """An event that a genuine sender sent."""

    event: Event
    body: bytes
    accepted_at: datetime | None = None
    """When it was first answered 200."""


@dataclass
class Promise:
    """What was offered, and what may have come of it."""

    world: World
    offers: dict[str, Offer] = field(default_factory=dict)
    excuses: int = 0
    """How often something happened after which nobody can know whether a mail got through."""

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

    def _owed(self, event: Event) -> set[str] | None:
        """The ids of the deliveries that are to come of it; None if its data do not fit."""
        handler = self.world.registry.get(event.type)
        if handler is None:
            return set()
        settings = self.world.settings
        try:
            intents = handler.run(event, settings.policy)
        except InvalidData:
            return None
        return {
            delivery.id
            for intent in intents
            if isinstance(intent, Notify)
            for delivery in deliveries_of(event, intent, audiences(settings), since=event.timestamp)
        }

    def _arrived(self) -> tuple[Counter[str], Counter[str]]:
        """How often each delivery arrived, in Slack and by mail."""
        posts = Counter(
            str((post.metadata or {})["event_payload"]["delivery_id"])
            for post in self.world.slack.posts
        )
        mails = Counter(
            str(mail.message["Message-ID"]).strip("<>").partition("@")[0]
            for mail in self.world.inbox.mails
        )
        return posts, mails

    async def holds_so_far(self) -> None:
        """What must be true at every moment."""
        posts, mails = self._arrived()
        doubled = {name: copies for name, copies in posts.items() if copies > 1}
        assert not doubled, f"doubled in Slack: {doubled}"
        assert sum(mails.values()) - len(mails) <= self.excuses, f"doubled by mail: {mails}"
        deliveries = await self._deliveries()
        notices = {d.id for d in deliveries.values() if d.is_notice}
        owed = {name for offer in self.offers.values() for name in self._owed(offer.event) or ()}
        assert {*deliveries} <= owed | notices
        kept = {f for f, offer in self.offers.items() if not self._may_be_gone(offer)}
        if len(kept) == len(self.offers):
            assert {*posts, *mails} <= owed | notices, "a message that nobody asked for"
        failed = {d.id for d in deliveries.values() if d.state is DeliveryState.FAILED}
        for name in failed - notices:
            assert await self._is_seen("delivery", name), f"{name} failed and is not to be seen"
        for offer in self.offers.values():
            await self._is_kept(offer)
        await self._queue_is_sound()

    async def holds(self) -> None:
        """What must be true when everything works again and nothing is left to do."""
        await self.holds_so_far()
        posts, mails = self._arrived()
        deliveries = await self._deliveries()
        for offer in self.offers.values():
            stored = await self._is_kept(offer)
            if stored is None:
                continue
            owed = self._owed(offer.event)
            state = (
                EventState.DEAD
                if owed is None
                else EventState.HANDLED
                if self.world.registry.get(offer.event.type)
                else EventState.UNHANDLED
            )
            assert stored.state is state, f"{offer.event.id} is {stored.state}"
            for name in owed or ():
                self._has_arrived(deliveries[name], posts[name] + mails[name])
        assert not [key async for key in self.world.redis.scan_iter("arq:*")]

    async def everything_arrived(self) -> None:
        """What must be true when, besides, every dead letter was sent again."""
        await self.holds()
        for delivery in (await self._deliveries()).values():
            is_notice = delivery.is_notice
            done = {DeliveryState.SENT, DeliveryState.SKIPPED}
            assert delivery.state in done or is_notice, f"{delivery.id} is {delivery.state}"

    def _has_arrived(self, delivery: Delivery, copies: int) -> None:
        match delivery.state:
            case DeliveryState.SENT:
                assert copies, f"lost: {delivery.id} is said to be sent to {delivery.destination}"
            case DeliveryState.SKIPPED:
                nobody = delivery.destination.transport is Transport.NOBODY and not copies
                assert nobody or delivery.is_notice, "a message that was left out"
            case state:
                assert state is DeliveryState.FAILED, f"{delivery.id} is left {state}"

    async def _deliveries(self) -> dict[str, Delivery]:
        found = await self.world.store.ledger.of_events([*self.offers])
        return {d.id: d for deliveries in found.values() for d in deliveries}

    async def _is_kept(self, offer: Offer) -> StoredEvent | None:
        """The event if it is kept, as it must be for as long as was promised."""
        stored = await self.world.store.events.get(offer.event.id)
        if stored is None:
            gone = offer.accepted_at is None or self._may_be_gone(offer)
            assert gone, f"lost: {offer.event.id} was answered 200 and is not kept"
            return None
        assert stored.body == offer.body
        if stored.state is EventState.DEAD and not self._may_be_gone(offer):
            assert await self._is_seen("event", offer.event.id)
        return stored

    def _may_be_gone(self, offer: Offer) -> bool:
        age = self.world.time.true - offer.event.timestamp
        return age > RETENTION - timedelta(days=1)

    async def _is_seen(self, kind: str, subject_id: str) -> bool:
        now = self.world.time.now()
        return dead_member(kind, subject_id) in await self.world.store.dead_letters(now)

    async def _queue_is_sound(self) -> None:
        """Every job is in the queue, everything in the queue is a job, and every lease ends."""
        redis = self.world.redis
        queued = set(await redis.zrange(QUEUE, 0, -1))
        jobs = {key.removeprefix(JOB_KEY.encode()) async for key in redis.scan_iter(f"{JOB_KEY}*")}
        assert queued == jobs, "orphaned jobs, or places in the queue"
        async for key in redis.scan_iter(f"{LEASE_KEY}*"):
            assert await redis.pttl(key) != -1, f"{key} is held for ever"
