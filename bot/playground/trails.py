"""Each event's way, put together from what Juicebox posted, the bot kept, and Slack and the inbox got."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.model import Delivery, DeliveryState, Destination, EventState, Step, duration
from bot.playground.juicebox import Answer
from bot.store.events import StoredEvent

Row = Mapping[str, Any]
Where = Callable[[Destination], str]
"""How people call a destination."""

_CONCLUDED = {"handled", "no handler", "dead letter"}
_OK = 200
_SETTLED = {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}


def is_settled(kept: StoredEvent, deliveries: Sequence[Delivery]) -> bool:
    """Whether nothing more happens to it by itself."""
    return kept.state is not EventState.ACCEPTED and all(d.state in _SETTLED for d in deliveries)


def trail(
    kept: StoredEvent,
    deliveries: Sequence[Delivery],
    steps: Sequence[Step],
    *,
    postings: Sequence[Answer],
    arrivals: Mapping[str, Sequence[float]],
    where: Where,
    kills: Sequence[float] = (),
) -> Row:
    """The record of one event; every moment is in milliseconds since 1970.

    `arrivals` has, by delivery, when the other side took a message in, in seconds; `kills` when a
    worker was killed. The notices of a failure are told apart from the deliveries.
    """
    notices = [d for d in deliveries if d.is_notice]
    ours = [d for d in deliveries if not d.is_notice]
    failed = any(d.state is DeliveryState.FAILED for d in ours)
    rows = [
        *_posted(postings, steps),
        *_at_the_door(steps, postings),
        *(_step(step, where) for step in steps if step.what != "received"),
        *_arrived(deliveries, arrivals, where),
        *_killed(kills, steps),
    ]
    return {
        "event_id": kept.event.id,
        "type": f"{kept.event.type} (test)" if kept.event.test else kept.event.type,
        "state": str(kept.state),
        "reason": kept.reason,
        "dead": kept.state is EventState.DEAD or failed,
        "sent_at": round(postings[0].at * 1000, 3) if postings else None,
        "steps": sorted(rows, key=lambda row: row["at"]),
        "deliveries": [_delivery(d, where) for d in ours],
        "notices": [_delivery(d, where) for d in notices],
    }


def _posted(postings: Sequence[Answer], steps: Sequence[Step]) -> Iterator[Row]:
    """Each POST with its answer; the webhook answers 200 to a duplicate as well."""
    stored = _stored_at(steps)
    taken = [a for a in postings if a.status == _OK]
    first = next((a for a in taken if stored is None or a.at * 1000 <= stored + 1), None)
    for answer in postings:
        told = f"answered {answer.status}" if answer.status else answer.error
        known = stored is not None and answer.status == _OK and answer is not first
        duplicate = "duplicate received, nothing sent again: " if known else ""
        yield _row(answer.at * 1000, "posted", detail=f"{duplicate}{told} after {answer.ms:.1f} ms")


def _at_the_door(steps: Sequence[Step], postings: Sequence[Answer]) -> Iterator[Row]:
    """Received, verified and queued, as far as the answer's `Server-Timing` tells them apart.

    The bot keeps the moment in which it began to store the event; what came before and after is
    counted from there, and nothing was received before it was posted.
    """
    stored = _stored_at(steps)
    if stored is None:
        return
    answer = next((a for a in postings if a.laps and a.at * 1000 <= stored + 1), None)
    if answer is None:
        yield _row(stored, "received")
        return
    laps = answer.laps
    verified = stored - laps.get("parse", 0)
    received = verified - laps.get("verify", 0) - laps.get("read", 0)
    late = max(0.0, answer.at * 1000 - received)
    yield _row(received + late, "received")
    yield _row(verified + late, "verified")
    yield _row(stored + late + laps.get("accept", 0), "queued")


def _stored_at(steps: Sequence[Step]) -> float | None:
    return next((step.at.timestamp() * 1000 for step in steps if step.what == "received"), None)


def _killed(kills: Sequence[float], steps: Sequence[Step]) -> Iterator[Row]:
    """The kills of a worker that the event had to wait for another one after."""
    for kill in kills:
        before = [step for step in steps if step.at.timestamp() <= kill]
        if before and _is_in_work(before):
            later = min((s.at.timestamp() for s in steps if s.at.timestamp() > kill), default=None)
            yield _row(kill * 1000, "worker killed", detail=_picked_up(kill, later))


def _picked_up(kill: float, later: float | None) -> str:
    if later is None:
        return "waits for another worker, which comes within 16 s"
    return f"picked up by another worker after {duration(timedelta(seconds=later - kill))}"


def _is_in_work(steps: Sequence[Step]) -> bool:
    """Whether, after these steps, its handler has not run, or one of its deliveries is being sent."""
    last = {step.delivery_id: step.what for step in steps if step.delivery_id}
    concluded = any(step.what in _CONCLUDED for step in steps)
    return not concluded or "sending" in last.values()


def _step(step: Step, where: Where) -> Row:
    return _row(
        step.at.timestamp() * 1000,
        step.what,
        to=_destination(step.destination),
        where=where,
        detail=step.detail,
        delivery_id=step.delivery_id,
    )


def _destination(text: str) -> Destination | None:
    try:
        return Destination.parse(text) if text else None
    except ValueError:  # somebody else has written to Redis
        return None


def _arrived(
    deliveries: Sequence[Delivery], arrivals: Mapping[str, Sequence[float]], where: Where
) -> Iterator[Row]:
    for delivery in deliveries:
        for at in arrivals.get(delivery.id, ()):
            to = delivery.destination
            yield _row(at * 1000, "arrived", to=to, where=where, delivery_id=delivery.id)


def _row(
    at: float,
    what: str,
    *,
    to: Destination | None = None,
    where: Where = str,
    detail: str = "",
    delivery_id: str = "",
) -> Row:
    return {
        "at": round(at, 3),
        "what": what,
        "to": str(to) if to else "",
        "where": where(to) if to else "",
        "detail": detail,
        "delivery_id": delivery_id,
    }


def _delivery(delivery: Delivery, where: Where) -> Row:
    return {
        "id": delivery.id,
        "to": str(delivery.destination),
        "where": where(delivery.destination),
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "next_at": delivery.next_at.timestamp() * 1000 if delivery.next_at else None,
        "reason": delivery.reason,
    }
