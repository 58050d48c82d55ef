"""Subscribing where the settings subscribe a place already."""

from dataclasses import replace

import pytest

from bot.model import Destination, Transport
from bot.model.subscription import Place
from bot.slack_app.context import AppContext
from bot.store import Store
from tests.factories import NOW, SLACK
from tests.slack_app.typed import Chat, chat_with


async def test_a_rule_that_changes_nothing_is_said_to(chat: Chat, store: Store) -> None:
    answer = await chat.type("subscribe search min:100")
    assert answer.lines[1:] == [
        "The setting SLACK_CHANNEL brings all of this here: Search completed. So nothing changes about that yet.",
        "To get only these: `/juicebox unsubscribe search`, then `/juicebox subscribe search min:100`",
        "To undo: `/juicebox unsubscribe 1`",
    ]
    await chat.type("unsubscribe search")
    answer = await chat.type("subscribe search min:100")
    assert answer.lines[1:] == ["To undo: `/juicebox unsubscribe 1`"]
    place = await store.places.get(SLACK)
    assert (place.unsubscribed, len(place.subscriptions)) == (("search.completed",), 1)


async def test_what_a_setting_brings_comes_once(chat: Chat) -> None:
    answer = await chat.type("subscribe search profile email")
    assert answer.lines[1] == (
        "The setting EMAIL_TO brings all of this here: Search completed. Each message comes once."
    )


async def test_the_setting_of_alerts_is_named(chat: Chat) -> None:
    answer = await chat.type("subscribe all", channel="C0ALERTS")
    assert "The setting SLACK_ALERT_CHANNEL brings all of this here: Key rotated" in answer.text


async def test_subscribing_takes_back_an_unsubscription(chat: Chat, store: Store) -> None:
    await chat.type("unsubscribe search")
    answer = await chat.type("subscribe search")
    assert answer.lines[-1] == "To undo: `/juicebox unsubscribe search`"
    assert (await store.places.get(SLACK)).unsubscribed == ()
    await chat.type("unsubscribe search")
    assert await store.places.get(SLACK) == Place(unsubscribed=("search.completed",))


async def test_subscribing_resumes_a_channel(chat: Chat, store: Store) -> None:
    await store.places.edit(SLACK, lambda _: Place(paused="it is archived"), NOW)
    answer = await chat.type("subscribe profile")
    assert "What comes here was paused, and goes on now." in answer.lines
    assert (await store.places.get(SLACK)).paused == ""


@pytest.mark.parametrize("spelled", ["#recruiting", "recruiting"])
async def test_a_channel_that_the_settings_name_is_one_place(
    context: AppContext, store: Store, spelled: str
) -> None:
    """The worker looks up what a place has chosen under the destination that the settings give."""
    to = Destination(Transport.SLACK, spelled)
    audiences = dict.fromkeys(context.audiences, (to,))
    async with chat_with(replace(context, audiences=audiences)) as chat:
        await chat.type("unsubscribe search")
        await chat.type("subscribe profile")
        answer = await chat.type("subscriptions")
    assert "• *Export ready*, by the setting SLACK_CHANNEL" in answer.lines
    [(found, place)] = (await store.places.all()).items()
    assert (found, place.unsubscribed) == (to, ("search.completed",))


async def test_an_address_in_the_settings_is_one_place_however_it_is_spelled(
    context: AppContext, store: Store
) -> None:
    to = Destination(Transport.EMAIL, "Recruiter@Example.com")
    audiences = dict.fromkeys(context.audiences, (to,))
    async with chat_with(replace(context, audiences=audiences)) as chat:
        await chat.type("unsubscribe search email")
    assert [*await store.places.all()] == [to]
