"""The state transitions of a delivery, each with its step in the timeline and the job that follows."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.delivery.subscriptions import PAUSED, Decision
from bot.model import DeadLetter, Delivery, DeliveryState, duration
from bot.model.subscription import Place
from bot.store.change import Change
from bot.store.queue import JobId, Task


def begin(change: Change, delivery: Delivery, token: str) -> Delivery:
    """Mark the delivery `sending`; it may have been delivered if an earlier attempt did not end."""
    interrupted = delivery.state is DeliveryState.SENDING
    begun = replace(
        delivery,
        state=DeliveryState.SENDING,
        attempts=delivery.attempts + 1,
        maybe_delivered=delivery.maybe_delivered or interrupted,
        updated_at=change.now,
        next_at=None,
        token=token,
    )
    change.put(begun)
    if interrupted:
        add_interruption(change, delivery)
    elif not delivery.waits:
        change.step("sending", begun)
    return begun


def add_interruption(change: Change, delivery: Delivery) -> None:
    """Add the step that says that the attempt which is `sending` was interrupted."""
    length = duration(change.now - delivery.updated_at)
    change.step("sending", delivery, f"interrupted, taken over {length} after it began")


def sent(change: Change, delivery: Delivery, receipt: str, note: str = "") -> Delivery:
    done = _settled(change, delivery, DeliveryState.SENT)
    done = replace(done, receipt=receipt, maybe_delivered=False)
    update_notices(change, delivery)
    change.put(done)
    change.step("sent", done, note)
    return done


def skipped(change: Change, delivery: Delivery, reason: str) -> Delivery:
    """The delivery need not or cannot be sent."""
    done = _settled(change, delivery, DeliveryState.SKIPPED, reason)
    update_notices(change, delivery)
    change.put(done)
    change.step("skipped", done, reason)
    return done


def decided(change: Change, delivery: Delivery, decision: Decision) -> Delivery:
    """The delivery is held or skipped, and its destination's job is due when that ends."""
    if decision.held_until is not None:
        held = _settled(change, delivery, DeliveryState.HELD)
        held = replace(held, next_at=decision.held_until, own_job=False)
        change.put(held)
        change.step("held", held, f"until {decision.held_until:%Y-%m-%d %H:%M} UTC: quiet hours")
        _plan(change, held, decision.held_until)
        return held
    is_muted = decision.mute is not None
    done = skipped(change, replace(delivery, missed=is_muted), decision.skipped)
    if decision.mute and decision.mute.until:
        _plan(change, done, decision.mute.until)
    return done


def paused(change: Change, delivery: Delivery, place: Place) -> Delivery:
    """Nothing can be sent to its destination: the delivery that found that out has it reported."""
    if place.paused_by == delivery.event_id:
        change.enqueue(JobId(Task.DEAD_LETTER, delivery.event_id, delivery.id))
    return skipped(change, delivery, f"{PAUSED}: {place.paused}")


def released(change: Change, delivery: Delivery) -> Delivery:
    """A held delivery is due alone: a job of its own sends it."""
    free = replace(_settled(change, delivery, DeliveryState.PENDING), own_job=True)
    change.put(free)
    change.enqueue(JobId(Task.DELIVERY, delivery.event_id, delivery.id))
    return free


def _plan(change: Change, delivery: Delivery, at: datetime) -> None:
    """Have the job of its destination run at this time, or before."""
    job = JobId(Task.DESTINATION, str(delivery.destination))
    change.enqueue(job, at - change.now, earliest=True)


def failed(change: Change, delivery: Delivery, reason: str, *, maybe_delivered: bool) -> Delivery:
    """Make the delivery a dead letter that a job reports.

    A notice that fails is not reported: the failure it is about is listed already. Nor is a message for
    one destination only: the person who asked is told.
    """
    done = _settled(change, delivery, DeliveryState.FAILED, reason)
    done = replace(done, maybe_delivered=maybe_delivered)
    if not delivery.is_notice and change.stored.event.only is None:
        change.add_dead_letter(DeadLetter(delivery.event_id, delivery.id))
        change.enqueue(JobId(Task.DEAD_LETTER, delivery.event_id, delivery.id))
    update_notices(change, delivery)
    change.put(done)
    change.step("failed", done, reason)
    return done


def update_notices(change: Change, settled: Delivery | None = None) -> None:
    """If there are notices about the event or the delivery that was settled, have a job update them."""
    if settled is not None and settled.is_notice:
        return
    subjects = {
        DeadLetter(change.event_id),
        DeadLetter(change.event_id, settled.id if settled else ""),
    }
    if any(notice.about in subjects for notice in change.stored.deliveries):
        change.enqueue(JobId(Task.NOTICE, change.event_id))


def retrying(
    change: Change,
    delivery: Delivery,
    reason: str,
    *,
    after: timedelta,
    uses_attempt: bool,
    maybe_delivered: bool,
) -> Delivery:
    """Have the delivery's own job, or that of its message's destination, retry it.

    The timeline has one step for many waits in a row.
    """
    waits = delivery.waits if uses_attempt else delivery.waits + 1
    done = _settled(change, delivery, DeliveryState.RETRYING, reason)
    done = replace(
        done,
        attempts=done.attempts if uses_attempt or not done.attempts else done.attempts - 1,
        next_at=change.now + after,
        waits=waits,
        maybe_delivered=maybe_delivered,
        own_job=not delivery.message,
    )
    if not delivery.message:
        change.enqueue(JobId(Task.DELIVERY, delivery.event_id, delivery.id), after)
    change.put(done)
    if uses_attempt:
        change.step("retrying", done, reason)
    elif waits == 1:
        wait = f"rate limited, waits {duration(after)}, uses no attempt ({reason})"
        change.step("retrying", done, wait)
    return done


def requeued(change: Change, delivery: Delivery) -> Delivery:
    """Have a failed delivery retried with all its attempts."""
    again = _settled(change, delivery, DeliveryState.RETRYING, delivery.reason)
    again = replace(again, attempts=0, next_at=change.now, own_job=True)
    again = replace(again, message="", earlier_message=delivery.message)
    change.enqueue(JobId(Task.DELIVERY, delivery.event_id, delivery.id))
    change.remove_dead_letter(DeadLetter(delivery.event_id, delivery.id))
    change.put(again)
    change.step("retried by hand", again)
    return again


def _settled(
    change: Change, delivery: Delivery, state: DeliveryState, reason: str = ""
) -> Delivery:
    return replace(
        delivery, state=state, reason=reason, updated_at=change.now, next_at=None, token=""
    )
