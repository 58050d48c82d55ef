"""The record of one event for the page: the bot's timeline, and what only the playground sees."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.model import Delivery, Destination, duration
from bot.playground.juicebox import WebhookResponse
from bot.views.event import EventView, TimelineStep

Row = Mapping[str, Any]
Where = Callable[[Destination], str]
"""Returns the name that people use for a destination."""

_CONCLUDED = {"handled", "no handler", "dead letter"}
_OK = 200


def timeline_record(
    event: EventView,
    *,
    postings: Sequence[WebhookResponse],
    arrivals: Mapping[str, Sequence[float]],
    where: Where,
    kills: Sequence[float] = (),
) -> Row:
    """Return the record of one event; all times are in milliseconds since 1970.

    `arrivals` has, by delivery, when Slack or the mail server received a message, and `kills` when a
    worker was killed, both in seconds.
    """
    steps = event.timeline
    rows = [
        *_posted(postings, steps),
        *_received(steps, postings),
        *(_step_row(step, where) for step in steps if step.what != "received"),
        *_arrived((*event.deliveries, *event.notices), arrivals, where),
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
        "deliveries": [_delivery_row(delivery, where) for delivery in event.deliveries],
        "notices": [_delivery_row(delivery, where) for delivery in event.notices],
    }


def _posted(postings: Sequence[WebhookResponse], steps: Sequence[TimelineStep]) -> Iterator[Row]:
    """Yield each POST with its answer; the webhook answers 200 to a duplicate as well."""
    stored = _stored_at(steps)
    accepted = [a for a in postings if a.status == _OK]
    first = next((a for a in accepted if stored is None or a.at * 1000 <= stored + 1), None)
    for answer in postings:
        outcome = f"answered {answer.status}" if answer.status else answer.error
        seen = stored is not None and answer.status == _OK and answer is not first
        duplicate = "duplicate received, nothing sent again: " if seen else ""
        detail = f"{duplicate}{outcome} after {answer.ms:.1f} ms"
        yield _row(answer.at * 1000, "posted", detail=detail)


def _received(steps: Sequence[TimelineStep], postings: Sequence[WebhookResponse]) -> Iterator[Row]:
    """Yield received, verified and queued, as far as the answer's `Server-Timing` tells them apart.

    The bot keeps the time at which it began to store the event; the other times are calculated from
    it, and shifted so that the event is not received before it was posted.
    """
    stored = _stored_at(steps)
    if stored is None:
        return
    answer = next((a for a in postings if a.timings and a.at * 1000 <= stored + 1), None)
    if answer is None:
        yield _row(stored, "received")
        return
    durations = answer.timings
    verified = stored - durations.get("parse", 0)
    received = verified - durations.get("verify", 0) - durations.get("read", 0)
    shift = max(0.0, answer.at * 1000 - received)
    yield _row(received + shift, "received")
    yield _row(verified + shift, "verified")
    yield _row(stored + shift + durations.get("accept", 0), "queued")


def _stored_at(steps: Sequence[TimelineStep]) -> float | None:
    return next((step.at.timestamp() * 1000 for step in steps if step.what == "received"), None)


def _arrived(
    deliveries: Sequence[Delivery], arrivals: Mapping[str, Sequence[float]], where: Where
) -> Iterator[Row]:
    for delivery in deliveries:
        for at in arrivals.get(delivery.id, ()):
            to = _place(delivery.destination, where)
            yield _row(at * 1000, "arrived", to=to, delivery_id=delivery.id)


def _killed(kills: Sequence[float], steps: Sequence[TimelineStep]) -> Iterator[Row]:
    """Yield the kills of a worker after which the event had to wait for another worker."""
    for kill in kills:
        before = [step for step in steps if step.at.timestamp() <= kill]
        if before and _is_in_progress(before):
            later = min((s.at.timestamp() for s in steps if s.at.timestamp() > kill), default=None)
            yield _row(kill * 1000, "worker killed", detail=_picked_up(kill, later))


def _picked_up(kill: float, later: float | None) -> str:
    if later is None:
        return "waits for another worker, which comes within 16 s"
    return f"picked up by another worker after {duration(timedelta(seconds=later - kill))}"


def _is_in_progress(steps: Sequence[TimelineStep]) -> bool:
    """Whether, after these steps, the handler has still to run or a delivery is being sent."""
    latest = {step.delivery_id: step.what for step in steps if step.delivery_id}
    concluded = any(step.what in _CONCLUDED for step in steps)
    return not concluded or "sending" in latest.values()


def _step_row(step: TimelineStep, where: Where) -> Row:
    return _row(
        step.at.timestamp() * 1000,
        step.what,
        to=_place(step.destination, where),
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


def _delivery_row(delivery: Delivery, where: Where) -> Row:
    destination = delivery.destination
    nowhere = {"to": "", "where": str(delivery.notification.audience)}
    return {
        "id": delivery.id,
        **(_place(destination, where) if destination else nowhere),
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "next_at": delivery.next_at.timestamp() * 1000 if delivery.next_at else None,
        "reason": delivery.reason,
    }


def _place(destination: Destination | None, where: Where) -> Row:
    if destination is None:
        return {"to": "", "where": ""}
    return {"to": str(destination), "where": where(destination)}
