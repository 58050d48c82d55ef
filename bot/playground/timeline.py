"""Builds the page's record of an event: the bot's timeline, and what only the playground knows."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.model import Delivery, Destination, duration
from bot.playground.juicebox import WebhookResponse
from bot.views.event import EventView, TimelineStep

Row = Mapping[str, Any]
NameOf = Callable[[Destination], str]
"""Returns the name that people use for a destination."""

_CONCLUDED = {"handled", "no handler", "dead letter"}
_OK = 200
_STORED_PRECISION_MS = 1
"""The bot stores whole milliseconds, so an event can seem to be stored just before it was posted."""


def timeline_record(
    event: EventView,
    *,
    postings: Sequence[WebhookResponse],
    arrivals: Mapping[str, Sequence[float]],
    name_of: NameOf,
    kills: Sequence[float] = (),
) -> Row:
    """Return the record of one event, with its times in milliseconds since 1970.

    `arrivals` are the times at which Slack or the mail server received a message, by delivery id, and
    `kills` those at which a worker was killed; both are in seconds since 1970.
    """
    steps = event.timeline
    rows = [
        *_posted(postings, steps),
        *_received(steps, postings),
        *(_step_row(step, name_of) for step in steps if step.what != "received"),
        *_arrived((*event.deliveries, *event.notices), arrivals, name_of),
        *_killed(kills, steps),
    ]
    return {
        "event_id": event.id,
        "type": f"{event.type} (test)" if event.test else event.type,
        "state": str(event.state),
        "reason": event.reason,
        "dead": event.has_dead_letter,
        "sent_at": round(postings[0].at * 1000, 3) if postings else None,
        "steps": sorted(rows, key=lambda row: row["at"]),
        "deliveries": [_delivery_row(delivery, name_of) for delivery in event.deliveries],
        "notices": [_delivery_row(delivery, name_of) for delivery in event.notices],
    }


def _posted(postings: Sequence[WebhookResponse], steps: Sequence[TimelineStep]) -> Iterator[Row]:
    """Yield each POST with its response, and mark duplicates, which are answered 200 as well."""
    stored = _stored_at(steps)
    first = None if stored is None else _accepted(postings, stored)
    for response in postings:
        outcome = f"answered {response.status}" if response.status else response.error
        seen = stored is not None and response.status == _OK and response is not first
        duplicate = "duplicate received, nothing sent again: " if seen else ""
        detail = f"{duplicate}{outcome} after {response.ms:.1f} ms"
        yield _row(response.at * 1000, "posted", detail=detail)


def _received(steps: Sequence[TimelineStep], postings: Sequence[WebhookResponse]) -> Iterator[Row]:
    """Yield the steps received, verified and queued; only the first without `Server-Timing`.

    The bot records only when it began to store the event. The other times are calculated from it with
    the durations in the response, and shifted so that the event is not received before it was posted.
    """
    stored = _stored_at(steps)
    if stored is None:
        return
    response = _accepted(postings, stored)
    if response is None or not response.timings:
        yield _row(stored, "received")
        return
    durations = response.timings
    verified = stored - durations.get("parse", 0)
    received = verified - durations.get("verify", 0) - durations.get("read", 0)
    shift = max(0.0, response.at * 1000 - received)
    handled = _handled_at(steps)
    yield _row(min(received + shift, handled), "received")
    yield _row(min(verified + shift, handled), "verified")
    yield _row(min(stored + shift + durations.get("accept", 0), handled), "queued")


def _accepted(postings: Sequence[WebhookResponse], stored: float) -> WebhookResponse | None:
    """Return the response to the POST that stored the event, or None if it was lost."""
    latest = stored + _STORED_PRECISION_MS
    return next((r for r in postings if r.status == _OK and r.at * 1000 <= latest), None)


def _handled_at(steps: Sequence[TimelineStep]) -> float:
    """Return when the worker began: it may be before the webhook hears that the event is stored."""
    later = [step.at.timestamp() * 1000 for step in steps if step.what != "received"]
    return min(later, default=math.inf)


def _stored_at(steps: Sequence[TimelineStep]) -> float | None:
    return next((step.at.timestamp() * 1000 for step in steps if step.what == "received"), None)


def _arrived(
    deliveries: Sequence[Delivery], arrivals: Mapping[str, Sequence[float]], name_of: NameOf
) -> Iterator[Row]:
    for delivery in deliveries:
        for at in arrivals.get(delivery.id, ()):
            to = _place(delivery.destination, name_of)
            yield _row(at * 1000, "arrived", to=to, delivery_id=delivery.id)


def _killed(kills: Sequence[float], steps: Sequence[TimelineStep]) -> Iterator[Row]:
    """Yield each kill of a worker that interrupted this event."""
    for kill in kills:
        before = [step for step in steps if step.at.timestamp() <= kill]
        if before and _is_in_progress(before):
            later = min((s.at.timestamp() for s in steps if s.at.timestamp() > kill), default=None)
            yield _row(kill * 1000, "worker killed", detail=_picked_up(kill, later))


def _picked_up(kill: float, later: float | None) -> str:
    if later is None:
        return "another worker takes over within 16 s"
    return f"picked up by another worker after {duration(timedelta(seconds=later - kill))}"


def _is_in_progress(steps: Sequence[TimelineStep]) -> bool:
    """Return whether, after these steps, the handler has yet to finish or a delivery is being sent."""
    latest = {step.delivery_id: step.what for step in steps if step.delivery_id}
    concluded = any(step.what in _CONCLUDED for step in steps)
    return not concluded or "sending" in latest.values()


def _step_row(step: TimelineStep, name_of: NameOf) -> Row:
    return _row(
        step.at.timestamp() * 1000,
        step.what,
        to=_place(step.destination, name_of),
        detail=step.detail,
        delivery_id=step.delivery_id,
    )


def _row(
    at: float, what: str, *, to: Row | None = None, detail: str = "", delivery_id: str = ""
) -> Row:
    return {
        "at": round(at, 3),
        "what": what,
        **(to or _place(None, str)),
        "detail": detail,
        "delivery_id": delivery_id,
    }


def _delivery_row(delivery: Delivery, name_of: NameOf) -> Row:
    destination = delivery.destination
    nowhere = {"to": "", "where": str(delivery.audience)}
    return {
        "id": delivery.id,
        **(_place(destination, name_of) if destination else nowhere),
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "next_at": delivery.next_at.timestamp() * 1000 if delivery.next_at else None,
        "reason": delivery.reason,
    }


def _place(destination: Destination | None, name_of: NameOf) -> Row:
    if destination is None:
        return {"to": "", "where": ""}
    return {"to": str(destination), "where": name_of(destination)}
