"""Mute for 2 hours, and Unmute."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import Post
from bot.model import Destination, Transport
from bot.model.subscription import Mute, Place
from bot.slack_app.app import create_bolt
from bot.slack_app.context import AppContext
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK
from tests.slack_app.conftest import Clock
from tests.slack_app.pressing import (
    GUEST,
    STRANGER,
    answer,
    answers,
    current,
    labels,
    press,
    show,
    text_of,
    using,
    with_button,
)
from tests.slack_app.traffic import SECRET

ME = Destination(Transport.SLACK, "U0RECRUITER")
TWO_HOURS = timedelta(hours=2)
AT_16_30 = "<!date^1768494600^{date_short_pretty} at {time}|15 Jan 2026, 16:30 UTC>"
OURS = Mute(NOW, NOW + TWO_HOURS, "U0RECRUITER")
FOREVER = Mute(NOW, None, "U0OPERATOR")


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with using(bolt, slack_api) as person:
        yield person


async def mutes(store: Store, to: Destination = SLACK) -> tuple[Mute, ...]:
    return (await store.places.get(to)).mutes


async def set_mutes(store: Store, *given: Mute) -> None:
    await store.places.edit(SLACK, lambda place: replace(place, mutes=given), NOW)


def announcement(slack_api: LocalSlack) -> Post:
    return slack_api.workspace.conversations["C0RECRUIT"].posts[-1]


async def test_the_channel_is_muted_and_told_by_whom_and_until_when(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    post = show(slack_api)
    await press(recruiter, post, "Mute")
    assert await mutes(store) == (OURS,)
    told = announcement(slack_api)
    assert text_of(told).startswith(f"<@U0RECRUITER> has muted this channel until {AT_16_30}.")
    assert labels(told) == ["Unmute"]
    assert current(slack_api, post) == post
    assert answers(slack_api) == []


async def test_pressing_twice_mutes_once(
    recruiter: Person, slack_api: LocalSlack, store: Store, clock: Clock
) -> None:
    post = show(slack_api)
    await press(recruiter, post, "Mute")
    clock.now += timedelta(seconds=5)
    await press(recruiter, post, "Mute")
    assert await mutes(store) == (OURS,)
    assert len(slack_api.posts) == 2
    assert f"muted already, until {AT_16_30}" in answer(slack_api)


async def test_pressing_later_mutes_longer(
    recruiter: Person, slack_api: LocalSlack, store: Store, clock: Clock
) -> None:
    post = show(slack_api)
    await press(recruiter, post, "Mute")
    clock.now += timedelta(hours=1)
    await press(recruiter, post, "Mute")
    [mute] = await mutes(store)
    assert mute.until == NOW + timedelta(hours=3)


@pytest.mark.parametrize("longer", [FOREVER, replace(FOREVER, until=NOW + timedelta(days=1))])
async def test_a_mute_that_lasts_longer_stays(
    recruiter: Person, slack_api: LocalSlack, store: Store, longer: Mute
) -> None:
    await set_mutes(store, longer)
    await press(recruiter, show(slack_api), "Mute")
    assert await mutes(store) == (longer,)
    assert "muted already" in answer(slack_api)


async def test_in_a_direct_message_it_is_ones_own(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await press(recruiter, show(slack_api, channel="D0RECRUITER"), "Mute")
    assert await mutes(store, ME) == (OURS,)
    assert await mutes(store, MAIL) == (OURS,)
    assert await mutes(store) == ()
    told = slack_api.workspace.conversations["D0RECRUITER"].posts[-1]
    assert "You have muted my direct messages and mails to you until" in text_of(told)
    await press(recruiter, told, "Unmute")
    assert await mutes(store, ME) == ()
    assert await mutes(store, MAIL) == ()
    assert "You have unmuted" in text_of(current(slack_api, told))


@pytest.mark.parametrize("user", [GUEST, STRANGER])
@pytest.mark.parametrize("label", ["Mute", "Unmute"])
async def test_others_may_not_and_are_told_so(
    bolt: AsyncApp, slack_api: LocalSlack, store: Store, user: str, label: str
) -> None:
    await set_mutes(store, FOREVER)
    post = (
        show(slack_api)
        if label == "Mute"
        else slack_api.workspace.say("C0RECRUIT", "x", blocks=with_button("unmute", "x", "Unmute"))
    )
    async with using(bolt, slack_api, user) as person:
        await press(person, post, label)
    assert "Guests and people from other workspaces" in answer(slack_api)
    assert await mutes(store) == (FOREVER,)
    assert slack_api.posts == [post]


async def test_with_admins_set_it_is_for_these(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> None:
    bolt = create_bolt(
        signing_secret=SECRET, context=replace(context, admins=frozenset({"U0OPERATOR"}))
    )
    async with using(bolt, slack_api) as recruiter:
        await press(recruiter, show(slack_api), "Mute")
        assert "Only the people who look after me" in answer(slack_api)
        assert await mutes(store) == ()
    async with using(bolt, slack_api, "U0OPERATOR") as operator:
        await press(operator, show(slack_api), "Mute")
    assert len(await mutes(store)) == 1


async def test_unmute_replaces_the_announcement(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await press(recruiter, show(slack_api), "Mute")
    told = announcement(slack_api)
    await press(recruiter, told, "Unmute")
    assert await mutes(store) == ()
    told = current(slack_api, told)
    assert text_of(told) == "<@U0RECRUITER> has unmuted this channel. Messages come again."
    assert labels(told) == []


async def test_unmuting_by_an_answer_is_told_to_the_channel(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await set_mutes(store, FOREVER)
    await press(recruiter, show(slack_api), "Mute")
    await press(recruiter, answers(slack_api)[0], "Unmute")
    assert await mutes(store) == ()
    assert "<@U0RECRUITER> has unmuted this channel" in text_of(announcement(slack_api))


async def test_unmute_leaves_mutes_of_some_types(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    profiles = replace(FOREVER, types=("profile.enriched",))
    thread = replace(FOREVER, thread="search:srch_1")
    await set_mutes(store, profiles, thread)
    await press(recruiter, show(slack_api), "Mute")
    await press(recruiter, announcement(slack_api), "Unmute")
    assert await mutes(store) == (profiles, thread)


async def test_an_announcement_whose_mute_has_ended_says_so(
    recruiter: Person, slack_api: LocalSlack, store: Store, clock: Clock
) -> None:
    await press(recruiter, show(slack_api), "Mute")
    told = announcement(slack_api)
    clock.now += TWO_HOURS
    await press(recruiter, told, "Unmute")
    assert text_of(current(slack_api, told)) == "This channel is not muted. Messages come as usual."
    assert await store.places.get(SLACK) == Place()
