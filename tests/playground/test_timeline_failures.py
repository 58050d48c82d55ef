"""An event's record explains duplicates, killed workers, notices and tests."""

from dataclasses import replace
from typing import Any

import pytest

from bot.model import DeadLetter, DeliveryState, Step
from bot.playground.juicebox import WebhookResponse
from bot.playground.timeline import timeline_record
from bot.views.event import view_of
from tests.factories import MAIL, NOW, SLACK, make_delivery
from tests.playground.test_timeline import POSTED, RECEIVED, T0, ms, name_of, record, stored


def details(row: Any, what: str) -> list[str]:
    return [step["detail"] for step in row["steps"] if step["what"] == what]


def test_a_duplicate_is_explained() -> None:
    again = replace(POSTED, at=T0 + 60)
    row = record(RECEIVED, postings=(POSTED, again))
    assert details(row, "posted") == [
        "answered 200 after 3.5 ms",
        "duplicate received, nothing sent again: answered 200 after 3.5 ms",
    ]
    assert (len(details(row, "received")), row["steps"][-1]["what"]) == (1, "posted")


def test_a_posting_after_a_lost_answer_is_a_duplicate() -> None:
    lost = WebhookResponse(at=T0 - 0.002, ms=15_000, error="the bot: no answer in time")
    again = replace(POSTED, at=T0 + 20)
    assert details(record(RECEIVED, postings=(lost, again)), "posted") == [
        "the bot: no answer in time after 15000.0 ms",
        "duplicate received, nothing sent again: answered 200 after 3.5 ms",
    ]


def test_a_refused_posting_is_not_a_duplicate() -> None:
    forged = WebhookResponse(at=T0 + 5, ms=1.0, status=401)
    postings = details(record(RECEIVED, postings=(POSTED, forged)), "posted")
    assert postings[1] == "answered 401 after 1.0 ms"


SENDING = make_delivery(state=DeliveryState.SENDING)
ACCEPTED = (RECEIVED,)
HANDLED = (*ACCEPTED, Step(NOW + ms(10), "handled"))
IN_PROGRESS = (*HANDLED, Step(NOW + ms(20), "sending", SENDING.id, str(SLACK)))


@pytest.mark.parametrize("steps", [ACCEPTED, IN_PROGRESS])
def test_a_killed_worker_is_shown_with_the_time_until_another_one_took_over(
    steps: tuple[Step, ...],
) -> None:
    waiting = record(*steps, kills=(T0 + 1,))
    assert details(waiting, "worker killed") == ["another worker takes over within 16 s"]
    later = Step(NOW + ms(16_200), "sending", SENDING.id, str(SLACK), "interrupted, taken over")
    assert details(record(*steps, later, kills=(T0 + 1,)), "worker killed") == [
        "picked up by another worker after 15.2 s"
    ]


def test_a_killed_worker_is_not_shown_unless_the_event_was_in_progress() -> None:
    waiting = Step(NOW + ms(30), "retrying", SENDING.id, str(SLACK), "451")
    for steps in (HANDLED, (*IN_PROGRESS, waiting), ()):
        assert details(record(*steps, kills=(T0 - 1, T0 + 1)), "worker killed") == []
    assert details(record(*ACCEPTED, kills=(T0 - 1,)), "worker killed") == []


def test_notices_of_a_failure_are_told_apart_from_deliveries() -> None:
    failed = make_delivery(state=DeliveryState.FAILED)
    notice = make_delivery(destination=MAIL, about=DeadLetter("evt_1"), state=DeliveryState.SENT)
    row = record(deliveries=(failed, notice))
    assert [d["id"] for d in row["deliveries"]] == [failed.id]
    assert [(d["id"], d["state"]) for d in row["notices"]] == [(notice.id, "sent")]
    assert row["dead"] is True


def test_a_failed_notice_does_not_mark_the_event_as_a_dead_letter() -> None:
    sent = make_delivery(state=DeliveryState.SENT)
    notice = make_delivery(about=DeadLetter("evt_1"), state=DeliveryState.FAILED)
    assert record(deliveries=(sent, notice))["dead"] is False


def test_a_test_event_is_marked() -> None:
    event = replace(view_of(stored()), test=True)
    row = timeline_record(event, postings=(), arrivals={}, name_of=name_of)
    assert row["type"] == "search.completed (test)"
