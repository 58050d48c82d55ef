"""The blocks of the Home tab, made of what was read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.model import (
    Audience,
    DeliveryState,
    Destination,
    Event,
    EventState,
    Notification,
    Transport,
    duration,
)
from bot.slack_app.context import AppContext
from bot.slack_app.my_choices import (
    MUTE_LENGTHS,
    Said,
    mute_rows,
    place_in_words,
    quiet_hours_of,
    rule_rows,
    types_in_words,
)
from bot.store.stored_event import StoredEvent
from bot.transports.slack.message import SlackMessage
from bot.views.home import Checklist, Failure, HomeData
from bot.views.outcomes import (
    EventInWords,
    Kind,
    Reader,
    event_in_words,
    summary_for,
    thread_names,
)
from bot.views.reasons import plain_reason

MAX_BLOCKS = 100
"""https://docs.slack.dev/reference/views/home-tab-views"""
_MOST_EVENTS, _MOST_EXPORTS = 8, 4
_LATE = timedelta(minutes=1)
_EXPORT_THREAD = "export:"


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand. `late` says for how long the oldest message has waited, if that is long."""

    worker_alive: bool
    late: str
    failed: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Export:
    """An export whose link lives and may be linked."""

    id: str
    at: datetime
    count: int | None
    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A dead letter; `id` is what a retry takes, and `raw` the reason as operators see it."""

    id: str
    event_id: str
    summary: str
    at: datetime | None
    to: Destination | None
    attempts: int = 0
    reason: str = ""
    raw: str = ""


def home_blocks(
    context: AppContext,
    data: HomeData,
    reader: Reader,
    checklist: Checklist,
    now: datetime,
    *,
    may_operate: bool,
    said: Said | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Return the blocks of the Home tab, within Slack's limits."""
    events = list(_events(context, data, reader))
    names = thread_names([*data.newest, *data.exports])
    screens = [
        context.screen(
            "home",
            said=said,
            checklist=None if checklist.is_complete else checklist,
            standing=_standing(data, events, may_operate=may_operate),
            may_operate=may_operate,
            events=events[:_MOST_EVENTS],
            more=len(events) > _MOST_EVENTS,
            exports=_exports(context, data, reader, now)[:_MOST_EXPORTS],
        ),
        _mine(context, data, names, now),
    ]
    if may_operate:
        oldest = timedelta(seconds=data.backlog.oldest_seconds)
        screens.append(
            context.screen(
                "home_operators",
                backlog=data.backlog,
                held=data.held,
                oldest=duration(oldest) if oldest >= _LATE else "",
                failures=[_failure_row(context, reader, failure) for failure in data.failures],
            )
        )
    blocks = [block for screen in screens for block in screen.blocks]
    return blocks[:MAX_BLOCKS]


def _mine(
    context: AppContext, data: HomeData, names: Mapping[str, str], now: datetime
) -> SlackMessage:
    own = data.own
    shared = context.audiences.get(Audience.RECRUITERS, ())
    quiet, zone = quiet_hours_of(own)
    unsubscribed = [name for place in own.values() for name in place.unsubscribed]
    return context.screen(
        "home_mine",
        rules=rule_rows(own, names),
        by_settings=", ".join(place_in_words(to) for to in own if to in shared),
        unsubscribed=types_in_words(unsubscribed) if unsubscribed else "",
        mutes=mute_rows(own, names, now),
        lengths=MUTE_LENGTHS,
        quiet=quiet,
        zone=zone,
    )


def _events(context: AppContext, data: HomeData, reader: Reader) -> Iterator[EventInWords]:
    for stored in data.newest:
        event = event_in_words(stored, reader, context.describe)
        if not event.is_for_others:
            yield event


def _standing(data: HomeData, events: Sequence[EventInWords], *, may_operate: bool) -> Standing:
    waited = timedelta(seconds=data.backlog.oldest_seconds)
    failed = sum(
        event.state is EventState.DEAD or any(o.kind is Kind.FAILED for o in event.outcomes)
        for event in events
    )
    return Standing(
        worker_alive=data.backlog.worker_alive,
        late=duration(waited) if waited >= _LATE else "",
        failed=data.backlog.dead if may_operate else failed,
        last_at=data.newest[0].received_at if data.newest else None,
    )


def _exports(context: AppContext, data: HomeData, reader: Reader, now: datetime) -> list[Export]:
    """Return the exports that were sent to a place of the person; to members, also the channel's."""
    channels = {to for to in reader.shared if to.transport is Transport.SLACK}
    seen = reader.own | (channels if reader.is_member else set())
    found: list[Export] = []
    for stored in data.exports:
        if stored.event.test or not _was_sent(stored, seen):
            continue
        for notification in _notifications(context, stored.event)[:1]:
            url, expires_at = notification.url, notification.url_expires_at
            if url and (expires_at is None or expires_at > now):
                export_id = notification.thread.removeprefix(_EXPORT_THREAD)
                at, count = stored.event.timestamp, notification.count
                found.append(Export(export_id, at, count, url, expires_at))
    return found


def _was_sent(stored: StoredEvent, seen: frozenset[Destination]) -> bool:
    return any(
        delivery.state is DeliveryState.SENT and delivery.destination in seen
        for delivery in stored.deliveries
    )


def _notifications(context: AppContext, event: Event) -> Sequence[Notification]:
    """Return what is said about the event; nothing if its handler fails."""
    with suppress(Exception):  # an older release accepted the event, or the handler has a bug
        return context.notifications(event)
    return ()


def _failure_row(context: AppContext, reader: Reader, failure: Failure) -> FailureRow:
    dead, stored, delivery = failure.dead, failure.stored, failure.delivery
    if stored is None:
        return FailureRow(dead.id, dead.event_id, "No longer readable", None, None)
    to = delivery.destination if delivery else None
    raw = delivery.reason if delivery else stored.reason
    return FailureRow(
        id=dead.id,
        event_id=dead.event_id,
        summary=summary_for(reader, stored, context.describe),
        at=stored.event.timestamp,
        to=reader.named(to) if to else None,
        attempts=delivery.attempts if delivery else 0,
        reason=plain_reason(raw, to.transport) if to and raw else "",
        raw=raw if reader.is_operator else "",
    )
