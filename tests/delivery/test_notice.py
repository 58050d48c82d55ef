"""The notice of a dead letter: to the operators, anywhere but where it failed."""

from dataclasses import replace

from bot.delivery.notice import notices_of_delivery, notices_of_event
from bot.model import Audience, DeliveryState, Destination, Transport
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event, seconds

ALERTS = Destination(Transport.SLACK, "C0ALERTS")
AUDIENCES = {Audience.RECRUITERS: (SLACK,), Audience.OPERATORS: (ALERTS, MAIL)}
DEAD = replace(make_delivery(), state=DeliveryState.FAILED, reason="channel_not_found", attempts=1)


def test_every_operator_is_told_what_died_and_how_to_retry_it() -> None:
    notices = notices_of_delivery(DEAD, AUDIENCES)
    assert [n.destination for n in notices] == [ALERTS, MAIL]
    assert {n.state for n in notices} == {DeliveryState.PENDING}
    assert notices[0].notification.template == "dead_letter"
    assert notices[0].notification.context == {
        "subject_kind": "delivery",
        "subject_id": DEAD.id,
        "about": "search.completed",
        "destination": "slack:C0RECRUIT",
        "reason": "channel_not_found",
        "attempts": 1,
        "command": f"python -m bot retry {DEAD.id}",
    }


def test_nobody_is_told_at_the_destination_that_failed() -> None:
    audiences = {**AUDIENCES, Audience.OPERATORS: (SLACK, MAIL)}
    assert [n.destination for n in notices_of_delivery(DEAD, audiences)] == [MAIL]


def test_where_there_is_no_other_destination_the_notice_goes_there_all_the_same() -> None:
    """What failed may have been the message alone, and not the channel."""
    audiences = {**AUDIENCES, Audience.OPERATORS: (SLACK,)}
    [notice] = notices_of_delivery(DEAD, audiences)
    assert (notice.destination, notice.state) == (SLACK, DeliveryState.PENDING)


def test_without_operators_that_is_on_record() -> None:
    [notice] = notices_of_delivery(DEAD, {**AUDIENCES, Audience.OPERATORS: ()})
    assert (notice.state, notice.reason) == (DeliveryState.SKIPPED, "no operators are set")


def test_dying_again_after_a_retry_is_told_again() -> None:
    again = replace(DEAD, updated_at=NOW + seconds(60))
    first, second = (notices_of_delivery(d, AUDIENCES) for d in (DEAD, again))
    assert not {n.id for n in first} & {n.id for n in second}


def test_two_dead_deliveries_of_one_event_are_two_notices() -> None:
    other = replace(make_delivery(destination=MAIL), state=DeliveryState.FAILED)
    first, second = (notices_of_delivery(d, AUDIENCES) for d in (DEAD, other))
    assert not {n.id for n in first} & {n.id for n in second}


def test_a_dead_event_is_told_of_with_its_reason() -> None:
    notices = notices_of_event(make_event(), "data.searchId is missing", NOW, AUDIENCES)
    assert [n.destination for n in notices] == [ALERTS, MAIL]
    assert notices[0].notification.context == {
        "subject_kind": "event",
        "subject_id": "evt_1",
        "about": "search.completed",
        "destination": "",
        "reason": "data.searchId is missing",
        "attempts": 0,
        "command": "python -m bot retry evt_1",
    }
