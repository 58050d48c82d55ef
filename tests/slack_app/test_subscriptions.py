"""`/juicebox subscriptions`: each rule with its origin, what holds it back, and one's own."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.fakes.slack.api import LocalSlack
from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from bot.slack_app.context import AppContext
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK
from tests.slack_app.conftest import Clock
from tests.slack_app.stored import AT_14_30
from tests.slack_app.typed import DIRECT, OPERATOR, RECRUITER, Chat, chat_with, remove_scope

ME = Destination(Transport.SLACK, RECRUITER)
OTHER = Destination(Transport.SLACK, OPERATOR)
RULE = Subscription(("search.completed",), OPERATOR, NOW)
FOLLOWED = Subscription(("*",), RECRUITER, NOW, follows="search:srch_1")
FIVE = " and with 5 or more results or records"
MORE = "More: /juicebox help subscribe, help mute, help quiet"


async def choose(store: Store, to: Destination, place: Place) -> None:
    await store.places.edit(to, lambda _: place, NOW)


async def test_at_first_there_are_the_settings(chat: Chat) -> None:
    answer = await chat.type("subscriptions")
    assert not answer.in_channel
    assert answer.lines == [
        "*This channel gets*",
        "• *Export ready, Search completed*, by the setting SLACK_CHANNEL",
        "*You get as direct messages*",
        "Nothing yet. For example: `/juicebox subscribe search me`",
        "*You get by mail to recruiter@example.com*",
        "• *Export ready, Search completed*, by the setting EMAIL_TO",
        MORE,
    ]


async def test_each_rule_has_who_made_it_and_when(chat: Chat, store: Store) -> None:
    words = replace(RULE, query="rust & go", minimum=5, made_by=RECRUITER)
    await choose(store, SLACK, Place((RULE, words)))
    answer = await chat.type("subscriptions")
    assert answer.lines[2:5] == [
        f"1. *Search completed* · <@U0OPERATOR>, {AT_14_30}",
        f"2. *Search completed* with “rust &amp; go” in the search{FIVE} · <@U0RECRUITER>, {AT_14_30}",
        "To remove one: /juicebox unsubscribe &lt;number&gt;",
    ]


async def test_what_holds_messages_back_is_listed(chat: Chat, store: Store) -> None:
    two_hours = Mute(NOW, NOW + timedelta(hours=2), OPERATOR, ("search.completed",))
    mutes = (two_hours, Mute(NOW, None, OPERATOR, (), "export:exp_1"), Mute(NOW, NOW, OPERATOR))
    place = Place(unsubscribed=("export.*",), mutes=mutes, paused="the channel is archived")
    await choose(store, SLACK, place)
    quiet = QuietHours(time(19), time(8), weekends=True)
    await choose(store, ME, Place(quiet=quiet, zone="Asia/Kathmandu", owner=RECRUITER))
    answer = await chat.type("subscriptions")
    at_16_30 = "<!date^1768494600^{date_short_pretty} at {time}|15 Jan 2026, 16:30 UTC>"
    assert answer.lines[:9] == [
        "*This channel gets*",
        "• *Search completed*, by the setting SLACK_CHANNEL",
        "🚫 Unsubscribed, although a setting has it: *Export ready*",
        "⏸️ Paused: the channel is archived",
        f"🔕 Muted until {at_16_30}: *Search completed* · <@U0OPERATOR>, {AT_14_30}",
        f"🔕 Muted: *Export exp_1* · <@U0OPERATOR>, {AT_14_30}",
        "*You get as direct messages*",
        "Nothing yet. For example: `/juicebox subscribe search me`",
        "🌙 Quiet hours: 19:00–08:00 and all weekend (Asia/Kathmandu)",  # noqa: RUF001  # a dash
    ]


async def test_what_is_followed_is_listed_until_it_expires(
    chat: Chat, store: Store, clock: Clock
) -> None:
    await choose(store, ME, Place((FOLLOWED, RULE)))
    answer = await chat.type("subscriptions", channel=DIRECT)
    assert answer.lines[1:3] == [
        f"2. *Search completed* · <@U0OPERATOR>, {AT_14_30}",
        f"1. 👁️ *Search srch_1* · <@U0RECRUITER>, {AT_14_30}",
    ]
    clock.now += timedelta(days=31)
    answer = await chat.type("subscriptions", channel=DIRECT)
    assert "srch_1" not in answer.text
    assert answer.lines[1].startswith("2. *Search completed*")


async def test_in_a_direct_message_there_are_only_ones_own(chat: Chat) -> None:
    answer = await chat.type("subscriptions", channel=DIRECT)
    assert answer.lines[0] == "*You get as direct messages*"
    assert "This channel" not in answer.text


async def test_nobody_sees_what_another_person_gets(chat: Chat, store: Store) -> None:
    await choose(store, OTHER, Place((replace(RULE, query="secret"),), owner=OPERATOR))
    mail = Destination(Transport.EMAIL, "operator@example.com")
    await choose(store, mail, Place((replace(RULE, query="secret"),), owner=OPERATOR))
    assert "secret" not in (await chat.type("subscriptions")).text
    assert "secret" not in (await chat.type("subscriptions", channel=DIRECT)).text
    assert (await chat.type("subscriptions", user=OPERATOR)).text.count("secret") == 2


async def test_in_a_channel_without_the_bot_ones_own_are_listed(chat: Chat, store: Store) -> None:
    await choose(store, ME, Place((RULE,)))
    answer = await chat.type("subscriptions", channel="C0UNSEEN")
    assert "`/invite @Juicebox`" in answer.lines[0]
    assert answer.lines[1] == "*You get as direct messages*"
    assert "1. *Search completed*" in answer.text


async def test_without_addresses_there_are_no_mails(chat: Chat, slack_api: LocalSlack) -> None:
    remove_scope(slack_api, "users:read.email")
    assert "by mail" not in (await chat.type("subscriptions")).text


async def test_alerts_that_go_to_the_usual_places_are_of_their_setting(
    context: AppContext,
) -> None:
    audiences = dict.fromkeys(context.audiences, (SLACK, MAIL))
    async with chat_with(replace(context, audiences=audiences)) as chat:
        answer = await chat.type("subscriptions")
    assert answer.lines[1:3] == [
        "• *Export ready, Search completed*, by the setting SLACK_CHANNEL",
        "• *Key rotated, Quota warning, failures*, by the setting SLACK_CHANNEL",
    ]


async def test_as_many_as_can_be_stored_fit_into_one_answer(chat: Chat, store: Store) -> None:
    query = "<&>" * 66
    rules = [
        replace(RULE, query=query, minimum=n, types=("a" * 50 + ".*",) * 20) for n in range(50)
    ]
    follows = [replace(FOLLOWED, follows=f"search:{'<' * 90}{n}") for n in range(40)]
    mutes = [Mute(NOW, None, OPERATOR, (), f"search:{'&' * 90}{n}") for n in range(50)]
    for to in (SLACK, ME, MAIL):
        await choose(store, to, Place((*rules, *follows), mutes=tuple(mutes), paused="<" * 500))
    answer = await chat.type("subscriptions")
    assert answer.text.count("To remove one") == 3


@pytest.mark.parametrize("made_by", ["U1|x> <!channel>", "", "<!here>"])
async def test_a_damaged_place_in_redis_pings_nobody(
    chat: Chat, store: Store, made_by: str
) -> None:
    await choose(store, SLACK, Place((replace(RULE, made_by=made_by),), paused="<!channel>"))
    answer = await chat.type("subscriptions")
    assert "<!channel>" not in answer.text
    assert "<!here>" not in answer.text
