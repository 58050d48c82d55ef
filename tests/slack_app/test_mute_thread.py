"""Muting what comes about one search, export or profile."""

import pytest
from redis.asyncio import Redis

from bot.model import Destination, Transport
from bot.store import Store, keys
from tests.factories import NOW, SLACK, make_event, seconds
from tests.slack_app.typed import RECRUITER, Chat
from tests.stored_events import accept

ME = Destination(Transport.SLACK, RECRUITER)


@pytest.fixture
async def events(store: Store) -> None:
    """Store a search, the export of it, and a profile of which two events tell."""
    search = {"searchId": "srch_8f3k2m", "resultCount": 1204}
    export = {"exportId": "exp_77aa", "downloadUrl": "https://exports.example.com/1.csv"}
    profile = {"profileId": "prof_8f3k99", "fields": ["email"]}
    stored = [
        make_event("evt_search", data=search),
        make_event("evt_export", "export.ready", data=export),
        make_event("evt_profile", "profile.enriched", data=profile),
        make_event("evt_profile_2", "profile.enriched", data=profile),
        make_event("evt_broken", data={"searchId": "srch_8f3k2m"}),
        make_event("evt_other", "list.updated", data={"listId": "8f3k"}),
    ]
    for number, event in enumerate(stored):
        await accept(store, event, now=NOW + seconds(number))


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    "text",
    [
        "srch_8f3k2m",
        "f3k2m",
        "evt_search",
        "“evt_search”.",
        "Event evt_search",
        "search:srch_8f3k2m",
    ],
)
async def test_one_search_is_muted_by_its_id_or_its_events(
    chat: Chat, store: Store, text: str
) -> None:
    answer = await chat.type(f"mute forever {text}")
    assert answer.lines == [
        "<@U0RECRUITER> has muted *everything about “Search completed with 1,204 results”* in this channel.",
        "It stays so until somebody ends it, and what comes meanwhile is left out.",
        "To undo: `/juicebox unmute srch_8f3k2m`",
    ]
    [mute] = (await store.places.get(SLACK)).mutes
    assert (mute.thread, mute.until) == ("search:srch_8f3k2m", None)
    answer = await chat.type("unmute srch_8f3k2m")
    assert answer.lines[0] == "<@U0RECRUITER> has unmuted *Search srch_8f3k2m* in this channel."
    assert (await store.places.get(SLACK)).mutes == ()


@pytest.mark.usefixtures("events")
async def test_a_part_of_an_id_that_several_have_is_ambiguous(chat: Chat, redis: Redis) -> None:
    answer = await chat.type("mute 2h 8f3k")
    assert answer.lines == [
        "“8f3k” could be one of several, so give more of it: `prof_8f3k99`; `srch_8f3k2m`."
    ]
    assert not await redis.exists(keys.PLACES)


@pytest.mark.usefixtures("events")
async def test_several_events_about_one_profile_are_not_ambiguous(chat: Chat, store: Store) -> None:
    await chat.type("mute 2h evt_prof me")
    [mute] = (await store.places.get(ME)).mutes
    assert mute.thread == "profile:prof_8f3k99"
