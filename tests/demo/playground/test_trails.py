"""An event's way is told from all sides: who posted it, what the bot kept, and what arrived."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.demo.playground.juicebox import Answer
from bot.demo.playground.trails import is_settled, trail
from bot.model import Delivery, DeliveryState, Destination, EventState, Step
from bot.store.events import StoredEvent
from tests.making import MAIL, NOW, SLACK, body_of, make_delivery, make_event

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


def details(row: Any, what: str) -> list[str]:
    return [step["detail"] for step in row["steps"] if step["what"] == what]


def test_a_duplicate_says_that_nothing_is_sent_again() -> None:
    again = replace(POSTED, at=T0 + 60)
    assert details(told(RECEIVED, postings=(POSTED, again)), "posted") == [
        "answered 200 after 3.5 ms",
        "duplicate received, nothing sent again: answered 200 after 3.5 ms",
    ]


def test_a_posting_whose_answer_was_lost_makes_the_next_one_a_duplicate() -> None:
    lost = Answer(at=T0 - 0.002, ms=15_000, error="the bot: no answer in time")
    again = replace(POSTED, at=T0 + 20)
    assert details(told(RECEIVED, postings=(lost, again)), "posted") == [
        "the bot: no answer in time after 15000.0 ms",
        "duplicate received, nothing sent again: answered 200 after 3.5 ms",
    ]


def test_a_refused_posting_is_no_duplicate() -> None:
    forged = Answer(at=T0 + 5, ms=1.0, status=401)
    told_of = details(told(RECEIVED, postings=(POSTED, forged)), "posted")
    assert told_of[1] == "answered 401 after 1.0 ms"


SENDING = make_delivery(state=DeliveryState.SENDING)
ACCEPTED = (RECEIVED,)
HANDLED = (*ACCEPTED, Step(NOW + ms(10), "handled"))
AT_WORK = (*HANDLED, Step(NOW + ms(20), "sending", SENDING.id, str(SLACK)))


@pytest.mark.parametrize("steps", [ACCEPTED, AT_WORK])
def test_a_killed_worker_is_told_until_another_one_picks_the_event_up(
    steps: tuple[Step, ...],
) -> None:
    waiting = told(*steps, kills=(T0 + 1,))
    assert details(waiting, "worker killed") == [
        "waits for another worker, which comes within 16 s"
    ]
    later = Step(NOW + ms(16_200), "sending", SENDING.id, str(SLACK), "interrupted, taken over")
    assert details(told(*steps, later, kills=(T0 + 1,)), "worker killed") == [
        "picked up by another worker after 15.2 s"
    ]


def test_a_killed_worker_that_had_nothing_to_do_with_the_event_is_not_told() -> None:
    waiting = Step(NOW + ms(30), "retrying", SENDING.id, str(SLACK), "451")
    for steps in (HANDLED, (*AT_WORK, waiting), ()):
        assert details(told(*steps, kills=(T0 - 1, T0 + 1)), "worker killed") == []
    assert details(told(*ACCEPTED, kills=(T0 - 1,)), "worker killed") == []


def test_the_notices_of_a_failure_are_told_apart_from_the_deliveries() -> None:
    failed = make_delivery(state=DeliveryState.FAILED)
    notice = make_delivery(destination=MAIL, template="dead_letter", state=DeliveryState.SENT)
    row = told(deliveries=(failed, notice))
    assert [d["id"] for d in row["deliveries"]] == [failed.id]
    assert [(d["id"], d["state"]) for d in row["notices"]] == [(notice.id, "sent")]
    assert row["dead"] is True


def test_a_notice_that_fails_makes_no_dead_letter_of_what_arrived() -> None:
    sent = make_delivery(state=DeliveryState.SENT)
    notice = make_delivery(template="dead_letter", state=DeliveryState.FAILED)
    assert told(deliveries=(sent, notice))["dead"] is False


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
