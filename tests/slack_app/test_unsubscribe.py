"""`/juicebox unsubscribe`: by types, all, or number, and against the settings."""

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.model import Destination, Transport, choices
from bot.model.subscription import Place
from bot.store import Store, keys
from tests.factories import MAIL, NOW, SLACK
from tests.slack_app.typed import DIRECT, RECRUITER, Chat

ME = Destination(Transport.SLACK, RECRUITER)


async def test_the_default_channel_overrides_its_setting(chat: Chat, store: Store) -> None:
    answer = await chat.type("unsubscribe export")
    assert answer.in_channel
    assert answer.lines == [
        "<@U0RECRUITER> has unsubscribed this channel from *Export ready*.",
        "This overrides the setting SLACK_CHANNEL, only here.",
        "To undo: `/juicebox subscribe export`",
    ]
    assert await store.places.get(SLACK) == Place(unsubscribed=("export.ready",))
    await chat.type("subscribe export")
    assert (await store.places.get(SLACK)).unsubscribed == ()


async def test_an_address_of_the_settings_that_is_ones_own_can_leave(
    chat: Chat, store: Store
) -> None:
    answer = await chat.type("unsubscribe all email")
    assert not answer.in_channel
    assert answer.lines == [
        "You will no longer get *everything* by mail to recruiter@example.com.",
        "This overrides the setting EMAIL_TO, only here.",
        "To undo: `/juicebox subscribe all email`",
    ]
    place = await store.places.get(MAIL)
    assert (place.unsubscribed, place.owner) == (("*",), RECRUITER)


async def test_one_rule_is_removed_by_the_number_that_the_list_gives_it(
    chat: Chat, store: Store
) -> None:
    await chat.type("subscribe profile me")
    await chat.type('subscribe search query:"a `b`" min:5 me')
    answer = await chat.type("unsubscribe 2 me")
    removed = "*Search completed* with “a ʼbʼ” in the search and with 5 or more results or records"
    assert answer.lines == [
        f"You will no longer get {removed} as direct messages.",
        "To undo: `/juicebox subscribe search query:\"a 'b'\" min:5 me`",
    ]
    [rule] = (await store.places.get(ME)).subscriptions
    assert rule.types == ("profile.enriched",)


@pytest.mark.parametrize("text", ["unsubscribe 3", "unsubscribe 0", "unsubscribe 1 me"])
async def test_there_may_be_no_rule_with_this_number(chat: Chat, store: Store, text: str) -> None:
    await chat.type("subscribe profile")
    await chat.type("subscribe key")
    before = await store.places.all()
    assert "There is no subscription" in (await chat.type(text)).text
    assert await store.places.all() == before


async def test_types_and_a_number_are_too_much(chat: Chat, redis: Redis) -> None:
    assert "either types or a number" in (await chat.type("unsubscribe search 1")).text
    assert not await redis.exists(keys.PLACES)


async def test_rules_with_filters_can_be_had_again(chat: Chat, store: Store) -> None:
    await chat.type("subscribe search min:5 me")
    await chat.type("subscribe search me")
    answer = await chat.type("unsubscribe search", channel=DIRECT)
    assert answer.lines[-1] == (
        "To undo: `/juicebox subscribe search`, `/juicebox subscribe search min:5`"
    )
    assert await store.places.all() == {}


async def test_of_everything_one_type_can_be_left_out(chat: Chat, store: Store) -> None:
    await chat.type("subscribe all me")
    answer = await chat.type("unsubscribe search me")
    assert answer.lines == [
        "You will no longer get *Search completed* as direct messages.",
        "To undo: `/juicebox subscribe search me`",
    ]
    [rule] = (await store.places.get(ME)).subscriptions
    assert (rule.types, rule.excluded) == (("*",), ("search.completed",))
    assert "1. *Everything except Search completed*" in (await chat.type("subscriptions")).text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("unsubscribe profile", "to Profile enriched here"),
        ("unsubscribe list.updated", "to List updated here"),
        ("unsubscribe search me", "to Search completed as direct messages"),
        ("unsubscribe search export me", "to this as direct messages"),
        ("unsubscribe key email", "to Key rotated by mail to recruiter@example.com"),
    ],
)
async def test_what_nobody_has_subscribed_to_is_said_to_be_so(
    chat: Chat, redis: Redis, text: str, where: str
) -> None:
    with capture_logs() as logs:
        answer = await chat.type(text)
    assert answer.lines == [f"There is no subscription {where}: nothing changed."]
    assert not answer.in_channel
    assert not await redis.exists(keys.PLACES)
    assert not [line for line in logs if line["event"] == "subscription changed"]


async def test_what_is_followed_stays_until_it_is_removed_itself(chat: Chat, store: Store) -> None:
    await chat.type("subscribe export me")
    await store.places.edit(
        ME, lambda place: choices.follow(place, "search:srch_1", RECRUITER, NOW), NOW
    )
    answer = await chat.type("unsubscribe all me")
    assert "What is followed (1) still comes: `/juicebox subscriptions` lists it." in answer.lines
    answer = await chat.type("unsubscribe 1 me")
    assert answer.lines == [
        "You will no longer get *Search srch_1* as direct messages.",
        "To follow it again, press Follow on its message.",
    ]
    assert await store.places.all() == {}


async def test_the_operators_channel_can_leave_too(chat: Chat, store: Store) -> None:
    answer = await chat.type("unsubscribe quota", channel="C0ALERTS")
    assert "This overrides the setting SLACK_ALERT_CHANNEL, only here." in answer.lines
    assert (
        "• *Key rotated, failures*" in (await chat.type("subscriptions", channel="C0ALERTS")).text
    )
