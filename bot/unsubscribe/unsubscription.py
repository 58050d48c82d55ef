"""Unsubscribes an address, and has the operators told."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from pydantic_core import to_json

from bot.model import Destination, Event, Transport
from bot.model.choices import unsubscribe
from bot.model.subscription import EVERYTHING, Place
from bot.model.unsubscribed import UNSUBSCRIBED
from bot.store import Store
from bot.store.places import encode_place


async def unsubscribe_address(store: Store, address: str, now: datetime) -> bool:
    """Have the address get no more emails; return False if that is so already.

    The operators' event is accepted first: if the process ends in between, the request is repeated, and
    the event is then a duplicate, since its id is that of what the place was before.

    Raises:
        redis.RedisError, OSError: if it is unknown whether it was stored.
    """
    to = Destination(Transport.EMAIL, address)
    before = await store.places.get(to)
    if _without_everything(before) == before:
        return False
    event = _event(address, before, now)
    await store.events.accept(event, _body(event), now)
    await store.places.edit(to, _without_everything, now)
    return True


def _without_everything(place: Place) -> Place:
    """Remove every rule, those that follow something as well, and what the settings give."""
    return replace(unsubscribe(place, (EVERYTHING,), from_settings=True), subscriptions=())


def _event(address: str, before: Place, now: datetime) -> Event:
    digest = sha256(f"{address}\0{encode_place(before)}".encode()).hexdigest()
    return Event(f"unsubscribed_{digest[:24]}", UNSUBSCRIBED, now, {"address": address})


def _body(event: Event) -> bytes:
    """Return the event as the body of a webhook would have it."""
    timestamp = event.timestamp.isoformat()
    return to_json({"id": event.id, "type": event.type, "timestamp": timestamp, "data": event.data})
