"""An event's way is told from all sides: who posted it, what the bot kept, and what arrived."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Delivery, DeliveryState, Destination, EventState, Step
from bot.playground.juicebox import Answer
from bot.playground.trails import is_settled, trail
from bot.store.events import StoredEvent
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event

T0 = NOW.timestamp()


def kept(state: EventState = EventState.HANDLED) -> StoredEvent:
    event = make_event()
    return StoredEvent(event, body_of(event), state, received_at=NOW)


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def where(destination: Destination) -> str:
    return "#recruiting" if destination == SLACK else destination.address


def told(
    *steps: Step,
    postings: tuple[Answer, ...] = (),
    deliveries: tuple[Delivery, ...] = (),
    arrivals: dict[str, list[float]] | None = None,
    state: EventState = EventState.HANDLED,
    kills: tuple[float, ...] = (),
) -> Any:
    return trail(
        kept(state),
        deliveries,
        steps,
        postings=postings,
        arrivals=arrivals or {},
        where=where,
        kills=kills,
    )


def way(row: Any) -> list[tuple[str, float]]:
    """Each step, and its milliseconds from NOW."""
    return [(step["what"], round(step["at"] - T0 * 1000, 3)) for step in row["steps"]]


POSTED = Answer(
    at=T0 - 0.002,
    ms=3.5,
    status=200,
    laps={"read": 0.25, "verify": 0.125, "parse": 0.5, "accept": 1.0},
)
RECEIVED = Step(NOW, "received")


def test_the_steps_at_the_door_are_told_apart() -> None:
    row = told(RECEIVED, postings=(POSTED,))
    assert way(row) == [
        ("posted", -2),
        ("received", -0.875),
        ("verified", -0.5),
        ("queued", 1.0),
    ]
    assert row["steps"][0]["detail"] == "answered 200 after 3.5 ms"
    assert row["sent_at"] == pytest.approx((T0 - 0.002) * 1000)


def test_nothing_is_received_before_it_was_posted() -> None:
    late = replace(POSTED, at=T0)
    assert way(told(RECEIVED, postings=(late,))) == [
        ("posted", 0),
        ("received", 0),
        ("verified", 0.375),
        ("queued", 1.875),
    ]


def test_an_event_of_somebody_else_has_no_beginning() -> None:
    row = told(RECEIVED)
    assert way(row) == [("received", 0)]
    assert row["sent_at"] is None


def test_a_posting_that_was_not_taken_in_comes_before_the_one_that_was() -> None:
    away = Answer(at=T0 - 5, ms=1.0, status=503)
    unreachable = Answer(at=T0 - 6, ms=1.0, error="the bot: cannot be reached")
    row = told(RECEIVED, postings=(unreachable, away, POSTED))
    assert [what for what, _ in way(row)] == [*["posted"] * 3, "received", "verified", "queued"]
    assert [step["detail"] for step in row["steps"][:2]] == [
        "the bot: cannot be reached after 1.0 ms",
        "answered 503 after 1.0 ms",
    ]


def test_a_duplicate_is_posted_later_and_received_no_second_time() -> None:
    again = replace(POSTED, at=T0 + 60)
    row = told(RECEIVED, postings=(POSTED, again))
    assert [what for what, _ in way(row)] == ["posted", "received", "verified", "queued", "posted"]


def test_an_arrival_stands_between_the_call_and_what_became_of_it() -> None:
    delivery = make_delivery(state=DeliveryState.SENT)
    steps = [
        Step(NOW + ms(10), "sending", delivery.id, str(SLACK)),
        Step(NOW + ms(20), "sent", delivery.id, str(SLACK)),
    ]
    row = told(*steps, deliveries=(delivery,), arrivals={delivery.id: [T0 + 0.015]})
    assert way(row) == [("sending", 10), ("arrived", 15), ("sent", 20)]
    assert {step["where"] for step in row["steps"]} == {"#recruiting"}
    assert {step["to"] for step in row["steps"]} == {"slack:C0RECRUIT"}
    assert {step["delivery_id"] for step in row["steps"]} == {delivery.id}


def test_a_delivery_tells_how_it_stands() -> None:
    waiting = replace(
        make_delivery(destination=MAIL, state=DeliveryState.RETRYING),
        attempts=2,
        next_at=NOW + timedelta(seconds=2),
        reason="451 Try again later",
    )
    [row] = told(deliveries=(waiting,))["deliveries"]
    assert row == {
        "id": waiting.id,
        "to": "email:recruiter@example.com",
        "where": "recruiter@example.com",
        "state": "retrying",
        "attempts": 2,
        "next_at": (T0 + 2) * 1000,
        "reason": "451 Try again later",
    }


@pytest.mark.parametrize(
    ("state", "delivery", "dead"),
    [
        (EventState.DEAD, None, True),
        (EventState.HANDLED, DeliveryState.FAILED, True),
        (EventState.HANDLED, DeliveryState.RETRYING, False),
        (EventState.UNHANDLED, None, False),
    ],
)
def test_a_dead_letter_is_called_one(
    state: EventState, delivery: DeliveryState | None, *, dead: bool
) -> None:
    deliveries = (make_delivery(state=delivery),) if delivery else ()
    assert told(deliveries=deliveries, state=state)["dead"] is dead


def test_a_destination_that_somebody_else_wrote_into_redis_is_left_out() -> None:
    [step] = told(Step(NOW, "sending", "dlv_1", "pigeon:coop"))["steps"]
    assert (step["to"], step["where"]) == ("", "")


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
def test_an_event_is_settled_when_nothing_more_happens_by_itself(
    state: EventState, deliveries: list[DeliveryState], *, settled: bool
) -> None:
    assert is_settled(kept(state), [make_delivery(state=s) for s in deliveries]) is settled
