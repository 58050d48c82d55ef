"""Notices about a dead letter: to operators, at any destination but the one that failed."""

from dataclasses import replace

from bot.delivery.notice import notices_of_delivery, notices_of_event
from bot.delivery.recipients import SettingsRecipients
from bot.model import Audience, DeliveryState, Destination, Transport
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event, seconds

ALERTS = Destination(Transport.SLACK, "C0ALERTS")
RECIPIENTS = SettingsRecipients({Audience.OPERATORS: (ALERTS, MAIL)})
FAILED = replace(
    make_delivery(), state=DeliveryState.FAILED, reason="channel_not_found", attempts=1
)


async def test_every_operator_is_told_what_failed_and_how_to_retry_it() -> None:
    notices = await notices_of_delivery(FAILED, RECIPIENTS)
    assert [n.destination for n in notices] == [ALERTS, MAIL]
    assert {n.state for n in notices} == {DeliveryState.PENDING}
    assert notices[0].notification.template == "dead_letter"
    assert notices[0].notification.context == {
        "subject_kind": "delivery",
        "subject_id": FAILED.id,
        "about": "search.completed",
        "destination": "slack:C0RECRUIT",
        "reason": "channel_not_found",
        "attempts": 1,
        "command": f"python -m bot retry {FAILED.id}",
    }


async def test_no_notice_goes_to_the_destination_that_failed() -> None:
    recipients = SettingsRecipients({Audience.OPERATORS: (SLACK, MAIL)})
    notices = await notices_of_delivery(FAILED, recipients)
    assert [n.destination for n in notices] == [MAIL]


async def test_a_notice_goes_to_the_destination_that_failed_if_there_is_no_other() -> None:
    """The message may have failed, and not the channel."""
    recipients = SettingsRecipients({Audience.OPERATORS: (SLACK,)})
    [notice] = await notices_of_delivery(FAILED, recipients)
    assert (notice.destination, notice.state) == (SLACK, DeliveryState.PENDING)


async def test_a_notice_without_operators_is_skipped_with_the_reason() -> None:
    recipients = SettingsRecipients({Audience.OPERATORS: ()})
    [notice] = await notices_of_delivery(FAILED, recipients)
    assert (notice.state, notice.reason) == (DeliveryState.SKIPPED, "no operators are set")


async def test_a_failure_after_a_retry_is_another_notice() -> None:
    again = replace(FAILED, updated_at=NOW + seconds(60))
    first = await notices_of_delivery(FAILED, RECIPIENTS)
    second = await notices_of_delivery(again, RECIPIENTS)
    assert not {n.id for n in first} & {n.id for n in second}


async def test_two_failed_deliveries_of_one_event_are_two_notices() -> None:
    other = replace(make_delivery(destination=MAIL), state=DeliveryState.FAILED)
    first = await notices_of_delivery(FAILED, RECIPIENTS)
    second = await notices_of_delivery(other, RECIPIENTS)
    assert not {n.id for n in first} & {n.id for n in second}


async def test_a_notice_about_an_event_has_the_reason() -> None:
    reason = "data.searchId is missing"
    notices = await notices_of_event(make_event(), reason, NOW, RECIPIENTS)
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
