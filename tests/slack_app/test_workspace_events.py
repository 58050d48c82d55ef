"""What Slack tells of changes: a person's time zone, and a channel that is there again."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import Place
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from tests.factories import MAIL, NOW, SLACK
from tests.slack_app.typed import OPERATOR, RECRUITER, Chat, chat_with

ME = Destination(Transport.SLACK, RECRUITER)
OTHER = Destination(Transport.SLACK, OPERATOR)
QUIET = Place(quiet=QuietHours(time(19), time(8)), zone="Europe/Berlin")
PAUSED = Place(unsubscribed=("export.ready",), paused="the channel is archived")


async def test_a_person_who_changes_zone_has_quiet_hours_there(
    chat: Chat, store: Store, slack_api: LocalSlack
) -> None:
    await chat.type("quiet 19:00-08:00")
    await chat.type("quiet 19:00-08:00", user=OPERATOR)
    slack_api.workspace.profiles[RECRUITER] = Profile("Asia/Tokyo")
    answer = await chat.tell(type="user_change", user={"id": RECRUITER, "tz": "Asia/Tokyo"})
    assert answer.status_code == 200
    zones = {to: place.zone for to, place in (await store.places.all()).items()}
    assert (zones[ME], zones[MAIL]) == ("Asia/Tokyo", "Asia/Tokyo")
    assert zones[OTHER] == "America/New_York"
    assert "(Asia/Tokyo)" in (await chat.type("quiet 20:00-08:00")).text


async def test_another_change_of_a_person_changes_nothing(
    chat: Chat, store: Store, redis: Redis
) -> None:
    await store.places.edit(ME, lambda _: replace(QUIET, owner=RECRUITER), NOW)
    version = await redis.get(keys.PLACES_VERSION)
    for user in (
        {"id": RECRUITER, "tz": "Europe/Berlin"},
        {"id": RECRUITER},
        {"id": "U0NEW", "tz": "UTC"},
    ):
        assert (await chat.tell(type="user_change", user=user)).status_code == 200
    assert await redis.get(keys.PLACES_VERSION) == version


@pytest.mark.parametrize("name", ["channel_unarchive", "group_unarchive"])
async def test_a_channel_that_is_unarchived_is_resumed(chat: Chat, store: Store, name: str) -> None:
    await store.places.edit(SLACK, lambda _: PAUSED, NOW)
    answer = await chat.tell(type=name, channel="C0RECRUIT", user=OPERATOR)
    assert answer.status_code == 200
    assert await store.places.get(SLACK) == replace(PAUSED, paused="")


async def test_so_is_one_that_the_settings_name(context: AppContext, store: Store) -> None:
    to = Destination(Transport.SLACK, "#recruiting")
    await store.places.edit(to, lambda _: PAUSED, NOW)
    audiences = dict.fromkeys(context.audiences, (to,))
    async with chat_with(replace(context, audiences=audiences)) as chat:
        await chat.tell(type="channel_unarchive", channel="C0RECRUIT", user=OPERATOR)
    assert (await store.places.get(to)).paused == ""


async def test_so_is_one_while_slack_does_not_answer(
    chat: Chat, store: Store, slack_api: LocalSlack
) -> None:
    await store.places.edit(SLACK, lambda _: PAUSED, NOW)
    slack_api.plan_faults("conversations.info", [HttpFault.status(500)])
    await chat.tell(type="channel_unarchive", channel="C0RECRUIT", user=OPERATOR)
    assert (await store.places.get(SLACK)).paused == ""


async def test_a_channel_that_was_not_paused_stays_as_it_is(chat: Chat, redis: Redis) -> None:
    answer = await chat.tell(type="channel_unarchive", channel="C0RECRUIT", user=OPERATOR)
    assert answer.status_code == 200
    assert not await redis.exists(keys.PLACES)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "user_change"},
        {"type": "user_change", "user": RECRUITER},
        {"type": "user_change", "user": {"id": 1}},
        {"type": "user_change", "user": {"id": RECRUITER, "tz": 3}},
        {"type": "channel_unarchive"},
        {"type": "channel_unarchive", "channel": {"id": "C0RECRUIT"}},
    ],
)
async def test_what_slack_does_not_document_is_refused(
    chat: Chat, redis: Redis, event: dict[str, Any]
) -> None:
    assert (await chat.tell(**event)).status_code == 400
    assert not await redis.exists(keys.PLACES)
