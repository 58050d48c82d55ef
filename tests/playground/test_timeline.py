"""An event's record combines the bot's timeline with postings and arrivals."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Delivery, DeliveryState, Destination, EventState, Step
from bot.playground.juicebox import WebhookResponse
from bot.playground.timeline import timeline_record
from bot.store.stored_event import StoredEvent
from bot.views.event import view_of
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event

T0 = NOW.timestamp()


def stored(state: EventState = EventState.HANDLED, *deliveries: Delivery) -> StoredEvent:
    event = make_event()
    return StoredEvent(event, body_of(event), state, received_at=NOW, deliveries=deliveries)


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def name_of(destination: Destination) -> str:
    return "#recruiting" if destination == SLACK else destination.address


def record(
    *steps: Step,
    postings: tuple[WebhookResponse, ...] = (),
    deliveries: tuple[Delivery, ...] = (),
    arrivals: dict[str, list[float]] | None = None,
    state: EventState = EventState.HANDLED,
    kills: tuple[float, ...] = (),
) -> Any:
    return timeline_record(
        view_of(stored(state, *deliveries), steps),
        postings=postings,
        arrivals=arrivals or {},
        name_of=name_of,
        kills=kills,
    )


def steps_of(row: Any) -> list[tuple[str, float]]:
    """Return each step with its milliseconds since NOW."""
    return [(step["what"], round(step["at"] - T0 * 1000, 3)) for step in row["steps"]]


POSTED = WebhookResponse(
    at=T0 - 0.002,
    ms=3.5,
    status=200,
    timings={"read": 0.25, "verify": 0.125, "parse": 0.5, "accept": 1.0},
)
RECEIVED = Step(NOW, "received")


def test_server_timing_tells_received_verified_and_queued_apart() -> None:
    row = record(RECEIVED, postings=(POSTED,))
    assert steps_of(row) == [
        ("posted", -2),
        ("received", -0.875),
        ("verified", -0.5),
        ("queued", 1.0),
    ]
    assert row["steps"][0]["detail"] == "answered 200 after 3.5 ms"
    assert row["sent_at"] == pytest.approx((T0 - 0.002) * 1000)


def test_an_event_is_not_received_before_it_was_posted() -> None:
    late = replace(POSTED, at=T0)
    assert steps_of(record(RECEIVED, postings=(late,))) == [
        ("posted", 0),
        ("received", 0),
        ("verified", 0.375),
        ("queued", 1.875),
    ]


def test_an_event_is_not_handled_before_it_was_queued() -> None:
    """Its worker may begin before the webhook hears that it is stored."""
    row = record(RECEIVED, Step(NOW + ms(0.5), "handled"), postings=(POSTED,))
    assert steps_of(row)[-2:] == [("queued", 0.5), ("handled", 0.5)]


def test_an_event_that_the_playground_did_not_post_has_no_posting() -> None:
    row = record(RECEIVED)
    assert steps_of(row) == [("received", 0)]
    assert row["sent_at"] is None


def test_postings_that_were_not_accepted_are_listed_first() -> None:
    away = WebhookResponse(at=T0 - 5, ms=1.0, status=503)
    unreachable = WebhookResponse(at=T0 - 6, ms=1.0, error="the bot: cannot be reached")
    row = record(RECEIVED, postings=(unreachable, away, POSTED))
    assert [what for what, _ in steps_of(row)] == [
        *["posted"] * 3,
        "received",
        "verified",
        "queued",
    ]
    assert [step["detail"] for step in row["steps"][:2]] == [
        "the bot: cannot be reached after 1.0 ms",
        "answered 503 after 1.0 ms",
    ]


def test_an_arrival_is_listed_between_sending_and_sent() -> None:
    delivery = make_delivery(state=DeliveryState.SENT)
    steps = [
        Step(NOW + ms(10), "sending", delivery.id, str(SLACK)),
        Step(NOW + ms(20), "sent", delivery.id, str(SLACK)),
    ]
    row = record(*steps, deliveries=(delivery,), arrivals={delivery.id: [T0 + 0.015]})
    assert steps_of(row) == [("sending", 10), ("arrived", 15), ("sent", 20)]
    assert {step["where"] for step in row["steps"]} == {"#recruiting"}
    assert {step["to"] for step in row["steps"]} == {"slack:C0RECRUIT"}
    assert {step["delivery_id"] for step in row["steps"]} == {delivery.id}


def test_a_delivery_has_its_state_and_place() -> None:
    waiting = replace(
        make_delivery(destination=MAIL, state=DeliveryState.RETRYING),
        attempts=2,
        next_at=NOW + timedelta(seconds=2),
        reason="451 Try again later",
    )
    [row] = record(deliveries=(waiting,))["deliveries"]
    assert row == {
        "id": waiting.id,
        "to": "email:recruiter@example.com",
        "where": "recruiter@example.com",
        "state": "retrying",
        "attempts": 2,
        "next_at": (T0 + 2) * 1000,
        "reason": "451 Try again later",
    }


def test_an_unknown_kind_of_destination_is_left_out() -> None:
    [step] = record(Step(NOW, "sending", "dlv_1", "pigeon:coop"))["steps"]
    assert (step["to"], step["where"]) == ("", "")


def test_a_skipped_delivery_without_a_destination_is_shown_by_its_audience() -> None:
    skipped = make_delivery(destination=None, state=DeliveryState.SKIPPED)
    [row] = record(deliveries=(skipped,))["deliveries"]
    assert (row["to"], row["where"]) == ("", "recruiters")
