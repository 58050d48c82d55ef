"""The trail tells what went wrong in plain words: duplicates, killed workers, notices, tests."""

from dataclasses import replace
from typing import Any

import pytest

from bot.model import DeliveryState, Step
from bot.playground.juicebox import Answer
from bot.playground.trails import trail
from tests.factories import MAIL, NOW, SLACK, make_delivery
from tests.playground.test_trails import POSTED, RECEIVED, T0, kept, ms, told, where


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


def test_a_test_is_told_as_one() -> None:
    stored = kept()
    marked = replace(stored, event=replace(stored.event, test=True))
    row = trail(marked, (), (), postings=(), arrivals={}, where=where)
    assert row["type"] == "search.completed (test)"
