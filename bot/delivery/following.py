"""Keeps what people follow from expiring while something comes about it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from bot.delivery.subscriptions import Places
from bot.model import Delivery, Notification
from bot.model.choices import applied
from bot.model.subscription import Place
from bot.store import Store

_REFRESH_INTERVAL = timedelta(days=1)
"""So that a busy thread costs one write a day for each of its followers."""


async def refresh_followed(
    store: Store,
    notifications: Iterable[Notification],
    deliveries: Iterable[Delivery],
    places: Places,
    now: datetime,
) -> None:
    """Note at the places of these deliveries that their followed threads are not silent.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    threads = {n.thread for n in notifications if n.thread}
    for to in {d.destination for d in deliveries if d.destination}:
        followed = {
            rule.follows
            for rule in places.get(to, Place()).subscriptions
            if rule.follows in threads and now - rule.active_at > _REFRESH_INTERVAL
        }
        if followed:
            await store.places.edit(to, partial(applied, threads=followed, now=now), now)
