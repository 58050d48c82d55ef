"""`forget` removes what is kept about a person, and lists it."""

import tracemalloc
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.clock import utc_now
from bot.model import EventState, Record
from bot.store import Store
from tests.commands.conftest import Cli
from tests.factories import SUBJECTS, body_of, make_event
from tests.stored_events import keep

pytestmark = pytest.mark.usefixtures("configured")

TODAY = utc_now()


async def accept(store: Store, event_id: str, profile_id: Any = "prof_1") -> None:
    data = {"profileId": profile_id, "fields": {"email": "person@example.com"}}
    event = make_event(event_id, "profile.enriched", timestamp=TODAY, data=data)
    assert await store.events.accept(event, body_of(event), TODAY) is True


async def test_it_lists_what_was_removed(cli: Cli, store: Store, redis: Redis) -> None:
    await accept(store, "evt_1")
    await accept(store, "evt_2", "prof_2")
    await keep(store, Record("profile", "prof_1", {"fields": ["email"]}), TODAY)
    await redis.set("profile:prof_1", "cached")
    result = await cli("forget", "prof_1")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "event evt_1: forgotten",
        "record of profile prof_1: removed",
        "cached profile:prof_1: removed",
        "Forgot prof_1: removed the content of 1 event.",
    ]
    assert await store.records.get("profile", "prof_1") is None
    other = await store.events.get("evt_2")
    assert other is not None
    assert other.state is EventState.ACCEPTED


async def test_it_fails_if_nothing_is_kept(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    assert (await cli("forget", "prof_1")).exit_code == 0
    for profile_id in ("prof_1", "prof_none"):
        result = await cli("forget", profile_id)
        assert result.exit_code == 1
        assert result.output == f"juicebox-bot: nothing is kept about {profile_id}\n"


async def test_an_unreadable_event_is_named(cli: Cli, store: Store, redis: Redis) -> None:
    await accept(store, "evt_1")
    await accept(store, "evt_2")
    await redis.hset("juicebox:event:evt_2", "body", "{")
    result = await cli("forget", "prof_1")
    assert result.exit_code == 1
    assert "event evt_2: not readable in Redis; it may be about this person" in result.output
    assert "event evt_1: forgotten" in result.output


async def test_ids_cannot_reach_the_terminal(cli: Cli, store: Store) -> None:
    await accept(store, "evt_\x1b[2J\n1", "prof_\x1b[2J")
    result = await cli("forget", "prof_\x1b[2J")
    assert result.exit_code == 0
    assert "event evt_\\x1b[2J\\n1: forgotten" in result.output
    assert "\x1b" not in result.output


async def test_events_shows_a_forgotten_one_without_its_content(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await cli("forget", "prof_1")
    assert "evt_1  forgotten" in (await cli("events")).output
    shown = (await cli("events", "evt_1")).output
    assert "evt_1  profile.enriched  forgotten" in shown
    assert "person@example.com" not in shown
    assert "nothing to do, it is forgotten" in (await cli("retry", "evt_1")).output


@pytest.mark.parametrize("profile_id", ["*", "prof_?", "[p]rof_1"])
async def test_an_id_is_no_pattern(cli: Cli, store: Store, profile_id: str) -> None:
    await accept(store, "evt_1")
    assert (await cli("forget", profile_id)).exit_code == 1
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.state is EventState.ACCEPTED


async def test_memory_does_not_grow_with_the_log(store: Store, redis: Redis) -> None:
    """8,000 events, one of them about the person; tests/security has more on bounds."""
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(8_000):
            body = b'{"data": {"profileId": "prof_%d", "fields": "%s"}}' % (number, b"x" * 500)
            pipe.hset(
                f"juicebox:event:evt_{number}",
                mapping={"event": '{"state":"handled"}', "body": body},
            )
        await pipe.execute()
    tracemalloc.start()
    seen = [row async for row in store.forgetting.events_about("prof_7", SUBJECTS)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == [("evt_7", True)]
    assert peak < 2_000_000
