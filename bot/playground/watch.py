"""Polls the store for changes of the latest events, and updates their records in the feed."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from redis.exceptions import RedisError

from bot.clock import pause
from bot.errors import CorruptRecord
from bot.model import Delivery
from bot.playground.cancellation import is_cancelled
from bot.playground.feed import Feed
from bot.playground.juicebox import WebhookResponse
from bot.playground.timeline import NameOf, timeline_record
from bot.store import Store
from bot.store.stored_event import StoredEvent
from bot.views.event import view_of

_LATEST = 100
"""How many of the latest events are polled, settled or not; of older ones, those in progress."""
_BUSY_INTERVAL = 0.1
_IDLE_INTERVAL = 1.0
_OUTAGE_INTERVAL = 0.5

_Version = tuple[object, ...]
"""What an event's record depends on. While it is the same, the record is not built again."""


class Watch:
    """Polls often while an event is in progress, and rarely otherwise.

    `postings` has each POST of an event; the intervals are in seconds.
    """

    def __init__(
        self,
        store: Store,
        feed: Feed,
        postings: Mapping[str, Sequence[WebhookResponse]],
        name_of: NameOf,
        *,
        busy_interval: float = _BUSY_INTERVAL,
        idle_interval: float = _IDLE_INTERVAL,
        outage_interval: float = _OUTAGE_INTERVAL,
    ) -> None:
        self._store = store
        self._feed = feed
        self._postings = postings
        self._name_of = name_of
        self._busy_interval = busy_interval
        self._idle_interval = idle_interval
        self._outage_interval = outage_interval
        self._arrivals: dict[str, list[float]] = defaultdict(list)
        self._kills: list[float] = []
        self._versions: dict[str, _Version] = {}
        self._in_progress: set[str] = set()
        self._woken = asyncio.Event()

    def arrived(self, delivery_id: str, at: float) -> None:
        """Note that Slack or the mail server received the delivery, `at` seconds since 1970."""
        self._arrivals[delivery_id].append(at)
        self.wake()

    def killed(self, at: float) -> None:
        """Note that a worker was killed `at` seconds since 1970; records of its events show it."""
        self._kills.append(at)
        self.wake()

    def wake(self) -> None:
        """Poll at once: something has probably changed."""
        self._woken.set()

    async def run(self) -> None:
        """Poll until cancelled."""
        while not is_cancelled():
            self._woken.clear()
            try:
                seconds = self._busy_interval if await self._poll() else self._idle_interval
            except (RedisError, OSError):
                seconds = self._outage_interval
            await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        """Wait until woken or `seconds` have passed, but never less than the shortest interval."""
        await asyncio.sleep(min(seconds, self._busy_interval))
        if seconds > self._busy_interval:
            await pause(seconds - self._busy_interval, self._woken)

    async def _poll(self) -> bool:
        """Update the records that have changed; return whether any event is in progress."""
        latest = await self._store.events.latest(_LATEST)
        older = await self._older_than({stored.event.id for stored in latest})
        events = [*older, *reversed(latest)]
        in_progress = set()
        for stored in events:
            event_id = stored.event.id
            self._update(stored)
            if not view_of(stored).is_settled:
                in_progress.add(event_id)
        self._in_progress = in_progress
        return bool(in_progress)

    async def _older_than(self, latest: set[str]) -> list[StoredEvent]:
        """Return the other events that were in progress, or were accepted and never polled."""
        accepted = {
            event_id
            for event_id, answers in self._postings.items()
            if event_id not in self._versions and any(answer.timings for answer in answers)
        }
        found = []
        for event_id in (self._in_progress | accepted) - latest:
            try:
                stored = await self._store.events.get(event_id)
            except CorruptRecord:
                continue
            found += [stored] if stored else []
        return sorted(found, key=lambda stored: stored.received_at)

    def _update(self, stored: StoredEvent) -> None:
        event_id = stored.event.id
        version = self._version(stored, stored.deliveries)
        if self._versions.get(event_id) == version:
            return
        try:
            steps = stored.trail
        except CorruptRecord:
            return
        record = timeline_record(
            view_of(stored, steps),
            postings=self._postings.get(event_id, ()),
            arrivals=self._arrivals,
            name_of=self._name_of,
            kills=self._kills,
        )
        self._feed.publish("timeline", event_id, **record)
        self._versions[event_id] = version

    def _version(self, stored: StoredEvent, deliveries: Sequence[Delivery]) -> _Version:
        return (
            stored.state,
            stored.concluded_at,
            len(self._postings.get(stored.event.id, ())),
            len(self._kills),
            *(self._delivery_version(delivery) for delivery in deliveries),
        )

    def _delivery_version(self, delivery: Delivery) -> tuple[str, int, datetime, int]:
        """Every step of a delivery changes `updated_at`, except the claim, which changes `state`."""
        arrived = len(self._arrivals.get(delivery.id, ()))
        return delivery.state, delivery.attempts, delivery.updated_at, arrived
