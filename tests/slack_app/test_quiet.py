"""`/juicebox quiet`: one's own messages and mails wait for the morning."""

from dataclasses import replace
from datetime import time

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from tests.factories import MAIL, SLACK
from tests.slack_app.typed import DIRECT, RECRUITER, Chat, chat_with, remove_scope

ME = Destination(Transport.SLACK, RECRUITER)
NIGHT = QuietHours(time(19), time(8))
HELD = (
    "What comes meanwhile waits, and arrives as one summary when they end. A new API key and a used-up"
    " quota come at once. Channels stay as they are."
)


@pytest.mark.parametrize("channel", ["C0RECRUIT", "C0UNSEEN", DIRECT])
async def test_quiet_hours_are_for_ones_own_messages_and_mails(
    chat: Chat, store: Store, channel: str
) -> None:
    answer = await chat.type("quiet 19:00-08:00", channel=channel)
    assert not answer.in_channel
    assert answer.lines == [
        "Your quiet hours are *19:00–08:00* (Europe/Berlin).",  # noqa: RUF001  # a dash
        HELD,
        "To undo: `/juicebox quiet off`",
    ]
    places = await store.places.all()
    assert {to: (p.quiet, p.zone, p.owner) for to, p in places.items()} == {
        ME: (NIGHT, "Europe/Berlin", RECRUITER),
        MAIL: (NIGHT, "Europe/Berlin", RECRUITER),
    }
    assert SLACK not in places


async def test_weekends_can_be_quiet_and_the_old_hours_can_be_had_again(
    chat: Chat, store: Store
) -> None:
    await chat.type("quiet 19:00-08:00")
    answer = await chat.type("quiet 22-7:30 weekends")
    assert answer.lines[0] == "Your quiet hours are *22:00–07:30 and all weekend* (Europe/Berlin)."  # noqa: RUF001
    assert answer.lines[-1] == "To undo: `/juicebox quiet 19:00-08:00`"
    assert (await store.places.get(ME)).quiet == QuietHours(time(22), time(7, 30), weekends=True)


async def test_quiet_hours_can_be_ended(chat: Chat, redis: Redis) -> None:
    await chat.type("quiet 22:00-07:30 weekends")
    answer = await chat.type("quiet off")
    assert answer.lines == [
        "You have *no quiet hours*.",
        "Messages and mails come at any time, and what has waited comes now.",
        "To undo: `/juicebox quiet 22:00-07:30 weekends`",
    ]
    assert not await redis.exists(keys.PLACES)


async def test_they_are_told_when_nothing_is_given(chat: Chat) -> None:
    assert (await chat.type("quiet")).lines == [
        "You have no quiet hours. To set some: /juicebox quiet 19:00-08:00 weekends."
    ]
    await chat.type("quiet 19:00-08:00")
    assert (await chat.type("quiet")).lines == [
        "Your quiet hours are 19:00–08:00 (Europe/Berlin). To end them: /juicebox quiet off."  # noqa: RUF001
    ]


async def test_without_users_read_they_are_in_utc_and_said_to_be(
    chat: Chat, store: Store, slack_api: LocalSlack
) -> None:
    remove_scope(slack_api, "users:read")
    answer = await chat.type("quiet 19:00-08:00")
    assert answer.lines[0].endswith("(UTC).")
    assert "I can't see your time zone, so the time is in UTC." in answer.text
    assert [*await store.places.all()] == [ME]


async def test_without_addresses_they_are_for_direct_messages(
    chat: Chat, store: Store, slack_api: LocalSlack
) -> None:
    remove_scope(slack_api, "users:read.email")
    await chat.type("quiet 19:00-08:00")
    assert [*await store.places.all()] == [ME]


async def test_a_zone_that_slack_does_not_say_now_stays(
    chat: Chat, store: Store, slack_api: LocalSlack
) -> None:
    await chat.type("quiet 19:00-08:00")
    remove_scope(slack_api, "users:read")
    await chat.tell(type="user_change", user={"id": RECRUITER})  # what is remembered is forgotten
    answer = await chat.type("quiet 20:00-08:00")
    assert "(Europe/Berlin)" in answer.lines[0]
    assert (await store.places.get(ME)).zone == "Europe/Berlin"


async def test_mails_to_an_earlier_address_are_no_longer_held(
    chat: Chat, redis: Redis, slack_api: LocalSlack
) -> None:
    await chat.type("quiet 19:00-08:00")
    slack_api.workspace.profiles[RECRUITER] = Profile(email="new@example.com")
    await chat.tell(type="user_change", user={"id": RECRUITER, "tz": "Europe/Berlin"})
    await chat.type("quiet off")
    assert not await redis.exists(keys.PLACES)


async def test_mails_that_are_subscribed_later_have_the_same_quiet_hours(
    context: AppContext, chat: Chat, store: Store
) -> None:
    async with chat_with(replace(context, mailable=None)) as without_mail:
        await without_mail.type("quiet 19:00-08:00")
    assert [*await store.places.all()] == [ME]
    await chat.type("subscribe search email")
    place = await store.places.get(MAIL)
    assert (place.quiet, place.zone) == (NIGHT, "Europe/Berlin")
    await chat.type("quiet off")
    assert (await store.places.get(MAIL)).quiet is None
