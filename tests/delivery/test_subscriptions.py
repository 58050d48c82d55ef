"""Which destinations get a notification, by which rule, and when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.delivery.recipients import Recipients
from bot.delivery.subscriptions import (
    SEND,
    SETTING,
    Decision,
    decide,
    name_of,
)
from bot.model import Audience, Destination, Notification, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from tests.factories import NOW, make_notification

CHANNEL = Destination(Transport.SLACK, "C0RECRUIT")
OTHER = Destination(Transport.SLACK, "C0OTHER")
PERSON = Destination(Transport.SLACK, "U0PERSON")
SEARCH = replace(
    make_notification(), thread="search:srch_1", query="engineers in Berlin", count=1204
)
KEY = replace(
    make_notification(),
    event_type="key.rotated",
    template="key.rotated",
    audience=Audience.OPERATORS,
    thread="key",
    urgent=True,
)
FOREVER = Mute(NOW, None, "U1")
TWO_HOURS = Mute(NOW, NOW + timedelta(hours=2), "U1")
RULE = Subscription(("search.completed",), "U0PERSON", NOW)


def found(
    places: Mapping[Destination, Place],
    notification: Notification = SEARCH,
    configured: tuple[Destination, ...] = (CHANNEL,),
) -> dict[Destination, tuple[Audience, str]]:
    recipients = Recipients(dict.fromkeys(Audience, configured))
    return {
        r.destination: (r.audience, r.rule) for r in recipients.of(notification, places, NOW)[0]
    }


def test_without_any_choice_the_settings_decide() -> None:
    assert found({}) == {CHANNEL: (Audience.RECRUITERS, SETTING)}


def test_a_place_can_refuse_what_the_settings_give_it() -> None:
    assert found({CHANNEL: Place(unsubscribed=("search.*",))}) == {}
    assert CHANNEL in found({CHANNEL: Place(unsubscribed=("export.*",))})


def test_a_place_that_refused_gets_what_it_subscribes_to_itself() -> None:
    many = replace(RULE, minimum=2000)
    refused = Place(unsubscribed=("search.completed",), subscriptions=(many,))
    assert found({CHANNEL: refused}) == {}
    assert found({CHANNEL: refused}, replace(SEARCH, count=2000)) == {
        CHANNEL: (Audience.RECRUITERS, name_of(many))
    }


def test_overlapping_rules_give_one_message_for_each_place() -> None:
    twice = Place(subscriptions=(RULE, replace(RULE, types=("*",), made_by="U2")))
    assert found({CHANNEL: twice, OTHER: twice}) == {
        CHANNEL: (Audience.RECRUITERS, SETTING),
        OTHER: (Audience.RECRUITERS, name_of(RULE)),
    }


def test_a_subscriber_gets_the_recruiters_text_of_what_operators_get() -> None:
    places = {PERSON: Place(subscriptions=(replace(RULE, types=("*",)),))}
    assert found(places, KEY) == {
        CHANNEL: (Audience.OPERATORS, SETTING),
        PERSON: (Audience.RECRUITERS, name_of(replace(RULE, types=("*",)))),
    }


def test_a_rule_that_does_not_apply_gives_nothing() -> None:
    places = {PERSON: Place(subscriptions=(replace(RULE, query="rust"),))}
    assert found(places, configured=()) == {}


@pytest.mark.parametrize(
    ("place", "said", "decision"),
    [
        (Place(), SEARCH, SEND),
        (
            Place(paused="the channel is archived"),
            KEY,
            Decision(skipped="paused: the channel is archived"),
        ),
        (
            Place(mutes=(FOREVER,)),
            KEY,
            Decision(skipped="muted until it is unmuted", mute=FOREVER),
        ),
        (
            Place(mutes=(TWO_HOURS,)),
            SEARCH,
            Decision(skipped="muted until 2026-01-15 16:30 UTC", mute=TWO_HOURS),
        ),
        (Place(mutes=(Mute(NOW, NOW, "U1"),)), SEARCH, SEND),
        (
            Place(quiet=QuietHours(time(14), time(16))),
            SEARCH,
            Decision(held_until=datetime(2026, 1, 15, 16, tzinfo=UTC)),
        ),
        (Place(quiet=QuietHours(time(14), time(16))), KEY, SEND),
        (Place(quiet=QuietHours(time(19), time(8))), SEARCH, SEND),
        (
            Place(quiet=QuietHours(time(19), time(8)), zone="Asia/Tokyo"),
            SEARCH,
            Decision(held_until=datetime(2026, 1, 15, 23, tzinfo=UTC)),
        ),
        (
            Place(quiet=QuietHours(time(14), time(16)), zone="No/Where"),
            SEARCH,
            Decision(held_until=datetime(2026, 1, 15, 16, tzinfo=UTC)),
        ),
    ],
)
def test_a_place_gets_it_now_later_or_not(
    place: Place, said: Notification, decision: Decision
) -> None:
    assert decide(said, SETTING, place, NOW) == decision


@pytest.mark.parametrize(
    ("rule", "place", "is_sent"),
    [
        (SETTING, Place(unsubscribed=("search.*",)), False),
        (SETTING, Place(unsubscribed=("export.*",)), True),
        (name_of(RULE), Place(), False),
        (name_of(RULE), Place(subscriptions=(RULE,), unsubscribed=("search.*",)), True),
        (name_of(RULE), Place(subscriptions=(replace(RULE, made_by="U2"),)), True),
    ],
)
def test_what_was_unsubscribed_since_then_does_not_come(
    rule: str, place: Place, *, is_sent: bool
) -> None:
    assert (decide(SEARCH, rule, place, NOW) == SEND) is is_sent
