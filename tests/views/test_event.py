"""The view of one event: deliveries, notices, timeline, and whether anything is left to do."""

from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import DeadLetter, Delivery, DeliveryState, Destination, EventState, Step
from bot.store import Store, keys
from bot.store.stored_event import StoredEvent
from bot.views.event import load_event, load_latest, view_of
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event, seconds
from tests.stored_events import accept, handle

NOTICE = make_delivery(destination=MAIL, template="dead_letter", about=DeadLetter("evt_1"))


def stored(state: EventState = EventState.HANDLED, *deliveries: Delivery) -> StoredEvent:
    event = make_event()
    return StoredEvent(event, body_of(event), state, received_at=NOW, deliveries=deliveries)


async def test_an_event_is_loaded_with_its_deliveries_and_timeline(store: Store) -> None:
    await accept(store)
    delivery = make_delivery()
    await handle(store, delivery, now=NOW + timedelta(milliseconds=12))
    event = await load_event(store, "evt_1", lambda _: "A summary")
    assert event
    assert (event.id, event.state, event.received_at) == ("evt_1", EventState.HANDLED, NOW)
    assert (event.summary, event.deliveries) == ("A summary", (delivery,))
    assert [(step.what, step.elapsed) for step in event.timeline] == [
        ("received", timedelta()),
        ("handled", timedelta(milliseconds=12)),
    ]


async def test_an_unknown_event_is_none(store: Store) -> None:
    assert await load_event(store, "evt_1") is None


async def test_an_unreadable_trail_is_reported(store: Store, redis: Redis) -> None:
    await accept(store)
    await redis.hset(keys.event("evt_1"), "trail", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    with pytest.raises(CorruptRecord):
        await load_event(store, "evt_1")


async def test_the_latest_events_are_loaded_without_their_timelines(store: Store) -> None:
    for n in range(3):
        await accept(store, f"evt_{n}", NOW + seconds(n))
    latest = await load_latest(store, 2)
    assert [(event.id, event.timeline) for event in latest] == [("evt_2", ()), ("evt_1", ())]


def test_notices_and_their_steps_are_told_apart_from_deliveries() -> None:
    failed = make_delivery(state=DeliveryState.FAILED)
    notice = replace(NOTICE, state=DeliveryState.SENT)
    steps = [Step(NOW, "failed", failed.id, str(SLACK)), Step(NOW, "sent", notice.id, str(MAIL))]
    event = view_of(stored(EventState.HANDLED, failed, notice), steps)
    assert (event.deliveries, event.notices) == ((failed,), (notice,))
    assert [step.label for step in event.timeline] == ["failed", "notice sent"]


@pytest.mark.parametrize(
    ("to", "destination"), [("", None), (str(SLACK), SLACK), ("pigeon:coop", None)]
)
def test_a_step_has_its_destination_if_that_is_readable(
    to: str, destination: Destination | None
) -> None:
    [step] = view_of(stored(), [Step(NOW, "sent", "dlv_1", to)]).timeline
    assert (step.to, step.destination) == (to, destination)


def test_elapsed_time_is_never_negative() -> None:
    [step] = view_of(stored(), [Step(NOW - seconds(1), "sent")]).timeline
    assert step.elapsed == timedelta()


@pytest.mark.parametrize(
    ("state", "delivery", "dead"),
    [
        (EventState.DEAD, None, True),
        (EventState.HANDLED, make_delivery(state=DeliveryState.FAILED), True),
        (EventState.HANDLED, make_delivery(state=DeliveryState.RETRYING), False),
        (EventState.HANDLED, replace(NOTICE, state=DeliveryState.FAILED), False),
        (EventState.UNHANDLED, None, False),
    ],
)
def test_a_dead_letter_is_the_event_or_a_failed_delivery_but_not_a_failed_notice(
    state: EventState, delivery: Delivery | None, *, dead: bool
) -> None:
    deliveries = [delivery] if delivery else []
    assert view_of(stored(state, *deliveries)).has_dead_letter is dead


@pytest.mark.parametrize(
    ("state", "deliveries", "settled"),
    [
        (EventState.ACCEPTED, [], False),
        (EventState.UNHANDLED, [], True),
        (EventState.HANDLED, [DeliveryState.SENT, DeliveryState.FAILED], True),
        (EventState.HANDLED, [DeliveryState.SENT, DeliveryState.RETRYING], False),
        (EventState.HANDLED, [DeliveryState.PENDING], False),
        (EventState.HANDLED, [DeliveryState.SENDING], False),
    ],
)
def test_an_event_is_settled_when_no_further_step_follows_by_itself(
    state: EventState, deliveries: list[DeliveryState], *, settled: bool
) -> None:
    found = [make_delivery(state=delivery) for delivery in deliveries]
    assert view_of(stored(state, *found)).is_settled is settled
