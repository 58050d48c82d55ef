"""`/juicebox mute` and `unmute`: for how long, of what, and for whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Destination, Transport
from bot.model.subscription import Mute, Place
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from tests.factories import MAIL, NOW, SLACK
from tests.slack_app.conftest import Clock
from tests.slack_app.typed import DIRECT, OPERATOR, RECRUITER, Chat, chat_with, remove_scope

ME = Destination(Transport.SLACK, RECRUITER)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
AT_16_30 = "<!date^1768494600^{date_short_pretty} at {time}|15 Jan 2026, 16:30 UTC>"
WAYS = "as direct messages and by mail to recruiter@example.com"
COUNTED = "When it ends, one line says how much was left out."


async def mutes(store: Store, to: Destination = SLACK) -> Sequence[Mute]:
    return (await store.places.get(to)).mutes


async def test_a_channel_is_muted_for_all_to_see(chat: Chat, store: Store) -> None:
    answer = await chat.type("mute 2h")
    assert answer.in_channel
    assert answer.lines == [
        f"<@U0RECRUITER> has muted *everything* in this channel until {AT_16_30}.",
        COUNTED,
        "To undo: `/juicebox unmute`",
    ]
    assert await mutes(store) == (Mute(NOW, NOW + 2 * HOUR, RECRUITER),)


@pytest.mark.parametrize(
    ("text", "channel", "undo"),
    [
        ("mute 2h search me", "C0UNSEEN", "unmute search me"),
        ("mute 2h search", DIRECT, "unmute search"),
    ],
)
async def test_ones_own_messages_are_muted_in_private(
    chat: Chat, store: Store, text: str, channel: str, undo: str
) -> None:
    answer = await chat.type(text, channel=channel)
    assert not answer.in_channel
    assert answer.lines == [
        f"Muted: *Search completed*, which you would get {WAYS}, until {AT_16_30}.",
        COUNTED,
        f"To undo: `/juicebox {undo}`",
    ]
    muted = Mute(NOW, NOW + 2 * HOUR, RECRUITER, ("search.completed",))
    places = await store.places.all()
    assert {to: (place.mutes, place.owner) for to, place in places.items()} == {
        ME: ((muted,), RECRUITER),
        MAIL: ((muted,), RECRUITER),
    }


async def test_ones_own_mails_are_muted(chat: Chat, store: Store) -> None:
    answer = await chat.type("mute forever export profile email")
    assert answer.lines == [
        "Muted: *Export ready, Profile enriched*, which you would get by mail to recruiter@example.com.",
        "It stays so until somebody ends it, and what comes meanwhile is left out.",
        "To undo: `/juicebox unmute export profile email`",
    ]
    [mute] = await mutes(store, MAIL)
    assert (mute.until, mute.types) == (None, ("export.ready", "profile.enriched"))


@pytest.fixture
def friday_night(chat: Chat, clock: Clock) -> Chat:
    clock.now = datetime(2026, 1, 16, 22, 15, tzinfo=BERLIN).astimezone(UTC)
    return chat


@pytest.mark.parametrize(
    ("zone", "text", "end"),
    [
        ("Europe/Berlin", "until 9:00", datetime(2026, 1, 17, 9, tzinfo=BERLIN)),
        ("Europe/Berlin", "until monday 9:00", datetime(2026, 1, 19, 9, tzinfo=BERLIN)),
        ("Europe/Berlin", "until Monday", datetime(2026, 1, 19, 9, tzinfo=BERLIN)),
        ("Europe/Berlin", "until 11pm", datetime(2026, 1, 16, 23, tzinfo=BERLIN)),
        ("America/New_York", "until 9:00", datetime(2026, 1, 17, 14, tzinfo=UTC)),
        ("Asia/Kathmandu", "until 9:00", datetime(2026, 1, 17, 3, 15, tzinfo=UTC)),
        ("Mars/Olympus", "until 9:00", datetime(2026, 1, 17, 9, tzinfo=UTC)),
        ("../etc/passwd", "until 9:00", datetime(2026, 1, 17, 9, tzinfo=UTC)),
    ],
)
async def test_a_time_is_the_askers_on_a_friday_night(
    friday_night: Chat, slack_api: LocalSlack, zone: str, text: str, end: datetime
) -> None:
    slack_api.workspace.profiles[RECRUITER] = Profile(zone)
    answer = await friday_night.type(f"mute {text}")
    assert f"until <!date^{int(end.timestamp())}^" in answer.lines[0]


async def test_the_night_in_which_clocks_are_put_forward_is_shorter(
    chat: Chat, store: Store, clock: Clock
) -> None:
    clock.now = datetime(2026, 3, 28, 22, tzinfo=BERLIN).astimezone(UTC)
    await chat.type("mute until 9:00 me")
    [mute] = await mutes(store, ME)
    assert mute.until == clock.now + 10 * HOUR


async def test_without_users_read_a_time_is_in_utc_and_said_to_be(
    chat: Chat, store: Store, slack_api: LocalSlack
) -> None:
    remove_scope(slack_api, "users:read")
    answer = await chat.type("mute until 9:00 me")
    assert "I can't see your time zone, so the time is in UTC." in answer.text
    [mute] = await mutes(store, ME)
    assert mute.until == datetime(2026, 1, 16, 9, tzinfo=UTC)
    assert "UTC." not in (await chat.type("mute 2h search me")).text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("mute until noon", "“noon” is not a time of day"),
        ("mute 0h", "“0h” is not a time"),
        ("mute 9999d", "“9999d” is not a time"),
        ("mute 2h search srch_1", "Write either types or one id"),
        ("mute 2h unheard_of", "Nothing that came lately has an id with “unheard_of” in it."),
        ("mute 2h abc", "4 characters of it"),
    ],
)
async def test_what_cannot_be_muted_is_explained(
    chat: Chat, redis: Redis, text: str, answer: str
) -> None:
    refused = await chat.type(text)
    assert answer in refused.text
    assert not refused.in_channel
    assert not await redis.exists(keys.PLACES)


async def test_unmuting_ends_all_or_some(chat: Chat, store: Store) -> None:
    for text in ("mute 2h", "mute forever search", "mute 95m export", "mute 2h profile"):
        await chat.type(text)
    answer = await chat.type("unmute search")
    assert answer.in_channel
    assert answer.lines == [
        "<@U0RECRUITER> has unmuted *Search completed* in this channel.",
        "To undo: `/juicebox mute forever search`",
    ]
    answer = await chat.type("unmute")
    assert answer.lines == [
        "<@U0RECRUITER> has unmuted *everything, Export ready, Profile enriched* in this channel.",
        "To undo: `/juicebox mute 2h`, `/juicebox mute 1h35m export`, `/juicebox mute 2h profile`",
    ]
    assert await store.places.all() == {}


async def test_unmuting_oneself_is_private(chat: Chat, store: Store) -> None:
    await chat.type("mute 2h me")
    answer = await chat.type("unmute me")
    assert not answer.in_channel
    assert answer.lines == [
        "You get *everything* as direct messages and by mail to recruiter@example.com again.",
        "To undo: `/juicebox mute 2h me`",
    ]
    assert await store.places.all() == {}


async def test_unmuting_oneself_ends_a_mute_of_mails(chat: Chat, store: Store) -> None:
    await chat.type("mute forever search email")
    answer = await chat.type("unmute me")
    assert answer.lines[0].startswith("You get *Search completed* as direct messages and by mail")
    assert await store.places.all() == {}


async def test_without_mail_direct_messages_alone_are_muted(
    context: AppContext, store: Store
) -> None:
    async with chat_with(replace(context, mailable=None)) as chat:
        answer = await chat.type("mute forever me")
    assert answer.lines[0] == "Muted: *everything*, which you would get as direct messages."
    assert [*await store.places.all()] == [ME]


async def test_a_mute_that_lasts_longer_stays(chat: Chat, store: Store) -> None:
    await chat.type("mute forever")
    answer = await chat.type("mute 2h")
    assert not answer.in_channel
    assert answer.lines == [
        "Muted already: *everything* in this channel, without an end.",
        "To end it: `/juicebox unmute`",
    ]
    assert await mutes(store) == (Mute(NOW, None, RECRUITER),)
    await chat.type("mute 3h search me")
    assert (
        (await chat.type("mute 1h search me"))
        .lines[0]
        .startswith("Muted already: *Search completed* for you until <!date^")
    )


async def test_while_slack_does_not_answer_a_time_is_in_utc_and_said_to_be(
    chat: Chat, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("users.info", [HttpFault.error("ratelimited")])
    answer = await chat.type("mute until 9:00 me")
    assert "so the time is in UTC. Slack does not answer right now" in answer.text
    assert "install" not in answer.text


@pytest.mark.parametrize("text", ["unmute", "unmute search", "unmute export me"])
async def test_nothing_may_be_muted(chat: Chat, store: Store, text: str) -> None:
    await store.places.edit(SLACK, lambda _: Place(mutes=(Mute(NOW - HOUR, NOW, RECRUITER),)), NOW)
    answer = await chat.type(text)
    assert answer.lines[0].startswith("Nothing like that is muted")
    assert not answer.in_channel


async def test_a_place_has_a_limit_of_mutes(chat: Chat, store: Store) -> None:
    many = tuple(Mute(NOW, None, RECRUITER, (f"a.{n}",)) for n in range(50))
    await store.places.edit(SLACK, lambda _: Place(mutes=many), NOW)
    assert "50 things are muted here already" in (await chat.type("mute 2h")).text
    assert await mutes(store) == many


async def test_admins_alone_mute_a_channel_where_they_are_named(context: AppContext) -> None:
    async with chat_with(replace(context, admins=frozenset({OPERATOR}))) as chat:
        assert "Only the people who look after me" in (await chat.type("mute 2h")).text
        assert not (await chat.type("mute 2h me")).in_channel
        assert (await chat.type("mute 2h", user=OPERATOR)).in_channel
