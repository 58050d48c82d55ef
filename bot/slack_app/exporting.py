"""`/juicebox exports`: the recent ones, with Download while their links live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.model import Audience, Delivery, DeliveryState, Destination, Event, Notification
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.grammar import Parsed
from bot.slack_app.own_places import sight_of
from bot.store.stored_event import StoredEvent

EXPORT_TYPE = "export.ready"
_MOST_SHOWN = 10
_MOST_READ = 100
"""Exports among the newest thousand events whose deliveries are read."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it is listed; `url` is None if its link has expired or may not be shown as one."""

    event_id: str
    received_at: datetime
    records: int | None
    expires_at: datetime | None
    has_expired: bool
    url: str | None = field(repr=False)


def export_commands(context: AppContext) -> Mapping[str, Command]:
    async def exports(_: Parsed, asker: Asker) -> Answer:
        sight = await sight_of(context, asker)
        found = await load_exports(context, sight.reader.own)
        return Answer(context.screen("exports", exports=found))

    return {"exports": exports}


async def load_exports(context: AppContext, places: frozenset[Destination]) -> Sequence[Export]:
    """Return the newest exports that one of the places got, at most ten, without repetitions.

    Where the settings send exports to one of the places, it sees all of them.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    recruiters = context.audiences.get(Audience.RECRUITERS, ())
    sees_all = any(to in places for to in recruiters)
    found: list[Export] = []
    threads: set[str] = set()
    for stored in await _stored_exports(context):
        if stored.event.test or not (sees_all or _was_sent_to(places, stored.deliveries)):
            continue
        notification = _notification(context, stored.event)
        if notification is None or notification.thread in threads:
            continue
        threads.add(notification.thread)
        found.append(_export(stored, notification, context.clock()))
        if len(found) == _MOST_SHOWN:
            break
    return found


async def _stored_exports(context: AppContext) -> list[StoredEvent]:
    """Return the newest exports with their deliveries, newest first."""
    ids: list[str] = []
    async for page in context.store.events.newest():
        ids += [s.stored.id for s in page if s.stored.event.type == EXPORT_TYPE]
        if len(ids) >= _MOST_READ:
            break
    found = await context.store.events.with_ids(ids[:_MOST_READ])
    return [found[event_id] for event_id in ids if event_id in found]


def _was_sent_to(places: frozenset[Destination], deliveries: Sequence[Delivery]) -> bool:
    return any(
        d.destination in places and d.state is DeliveryState.SENT and not d.is_notice
        for d in deliveries
    )


def _notification(context: AppContext, event: Event) -> Notification | None:
    """Return what is said about an export; None if it is forgotten, or not what its handler takes."""
    try:
        return next(iter(context.notifications(event)), None)
    except Exception as error:  # noqa: BLE001  # another release accepted it, or the handler has a bug
        _log.warning("export left out", event_id=event.id, fault=type(error).__name__)
        return None


def _export(stored: StoredEvent, notification: Notification, now: datetime) -> Export:
    expires_at = notification.url_expires_at
    has_expired = expires_at is not None and expires_at <= now
    return Export(
        event_id=stored.id,
        received_at=stored.received_at,
        records=notification.count,
        expires_at=expires_at,
        has_expired=has_expired,
        url=None if has_expired else notification.url,
    )
