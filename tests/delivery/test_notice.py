"""Notices about a dead letter: to operators, at any destination but the one that failed."""

from dataclasses import replace

import pytest

from bot.delivery.notice import notices_about, notification_about
from bot.delivery.recipients import Recipients
from bot.model import (
    Audience,
    Context,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    EventState,
    Notification,
    Transport,
)
from bot.store.stored_event import StoredEvent
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event, seconds

ALERTS = Destination(Transport.SLACK, "C0ALERTS")
RECIPIENTS = Recipients({Audience.OPERATORS: (ALERTS, MAIL)})
FAILED = make_delivery(state=DeliveryState.FAILED, reason="channel_not_found", attempts=1)
EVENT = make_event()
HANDLED = StoredEvent(EVENT, body_of(EVENT), EventState.HANDLED, NOW, NOW)
DEAD = replace(HANDLED, state=EventState.DEAD, reason="data.searchId is missing")


async def notices_of(
    failed: Delivery = FAILED, recipients: Recipients = RECIPIENTS
) -> list[Delivery]:
    stored = replace(HANDLED, deliveries=(failed,))
    return notices_about(stored, DeadLetter("evt_1", failed.id), recipients, {})


def context_of(stored: StoredEvent, notice: Delivery) -> Context:
    said = notification_about(stored, notice)
    assert isinstance(said, Notification)
    return said.context


async def test_every_operator_is_told_what_failed_and_how_to_retry_it() -> None:
    notices = await notices_of()
    assert [n.destination for n in notices] == [ALERTS, MAIL]
    assert {n.state for n in notices} == {DeliveryState.PENDING}
    assert {n.template for n in notices} == {"dead_letter"}
    assert context_of(replace(HANDLED, deliveries=(FAILED,)), notices[0]) == {
        "subject_kind": "delivery",
        "subject_id": FAILED.id,
        "about": "search.completed",
        "destination": "slack:C0RECRUIT",
        "reason": "channel_not_found",
        "attempts": 1,
    }


async def test_no_notice_goes_to_the_destination_that_failed() -> None:
    recipients = Recipients({Audience.OPERATORS: (SLACK, MAIL)})
    notices = await notices_of(recipients=recipients)
    assert [n.destination for n in notices] == [MAIL]


async def test_a_notice_goes_to_the_destination_that_failed_if_there_is_no_other() -> None:
    """The message may have failed, and not the channel."""
    recipients = Recipients({Audience.OPERATORS: (SLACK,)})
    [notice] = await notices_of(recipients=recipients)
    assert (notice.destination, notice.state) == (SLACK, DeliveryState.PENDING)


async def test_a_notice_without_operators_is_skipped_with_the_reason() -> None:
    recipients = Recipients({Audience.OPERATORS: ()})
    [notice] = await notices_of(recipients=recipients)
    assert (notice.state, notice.reason) == (
        DeliveryState.SKIPPED,
        "no destination is set for operators",
    )


async def test_a_failure_after_a_retry_is_another_notice() -> None:
    again = replace(FAILED, updated_at=NOW + seconds(60))
    first = await notices_of()
    second = await notices_of(again)
    assert not {n.id for n in first} & {n.id for n in second}


async def test_two_failed_deliveries_of_one_event_are_two_notices() -> None:
    other = make_delivery(destination=MAIL, state=DeliveryState.FAILED)
    first = await notices_of()
    second = await notices_of(other)
    assert not {n.id for n in first} & {n.id for n in second}


async def test_a_notice_about_an_event_has_the_reason() -> None:
    notices = notices_about(DEAD, DeadLetter("evt_1"), RECIPIENTS, {})
    assert [n.destination for n in notices] == [ALERTS, MAIL]
    assert context_of(DEAD, notices[0]) == {
        "subject_kind": "event",
        "subject_id": "evt_1",
        "about": "search.completed",
        "destination": "",
        "reason": "data.searchId is missing",
        "attempts": 0,
    }


@pytest.mark.parametrize(
    ("stored", "dead"),
    [
        (HANDLED, DeadLetter("evt_1")),
        (HANDLED, DeadLetter("evt_1", FAILED.id)),
        (replace(HANDLED, deliveries=(make_delivery(),)), DeadLetter("evt_1", FAILED.id)),
    ],
)
async def test_what_has_not_failed_is_not_reported(stored: StoredEvent, dead: DeadLetter) -> None:
    assert notices_about(stored, dead, RECIPIENTS, {}) == []


async def test_a_notice_about_a_delivery_that_is_no_longer_kept_is_resolved() -> None:
    [notice, _] = await notices_of()
    assert notification_about(HANDLED, notice) == "resolved: the delivery is no longer kept by now"
