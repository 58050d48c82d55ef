"""Forgetting a person, whose id may have any of several field names."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.model import DataSubject, Record, canonical_event
from bot.store import Store
from tests.factories import NOW, SUBJECTS, seconds
from tests.stored_events import keep

CANARY = "canary-of-a-person"


async def accept(store: Store, event_id: str, event_type: str, **data: Any) -> None:
    event = canonical_event(event_id, event_type, NOW, data)
    body = {"id": event_id, "type": event_type, "timestamp": NOW.isoformat(), "data": data}
    assert await store.events.accept(event, json.dumps(body).encode(), NOW)


async def found(store: Store, profile_id: str = "prof_1") -> set[tuple[str, bool]]:
    return {row async for row in store.forgetting.events_about(profile_id, SUBJECTS)}


@pytest.mark.parametrize("name", ["profileId", "profile_id", "candidateId", "candidate_id"])
@pytest.mark.parametrize(
    "event_type", ["profile.enriched", "candidate.enriched", "enrichment.complete", "agent.match"]
)
async def test_every_event_about_the_person_is_found_in_every_dialect(
    store: Store, redis: Redis, event_type: str, name: str
) -> None:
    await accept(store, "evt_a", event_type, **{name: "prof_1"}, fields={"email": CANARY})
    await accept(store, "evt_b", event_type, **{name: "prof_2"})
    assert await found(store) == {("evt_a", True)}
    assert await store.forgetting.forget_event("evt_a", NOW + seconds(1)) is True
    assert CANARY not in str(await redis.hgetall("juicebox:event:evt_a"))
    stored = await store.events.get("evt_a")
    assert stored is not None
    assert stored.event.data == {}
    assert stored.event.received_type or stored.event.type == event_type


async def test_an_event_that_names_two_people_is_found_for_either(store: Store) -> None:
    await accept(store, "evt_a", "profile.enriched", profileId="prof_1", candidate_id="prof_2")
    assert await found(store, "prof_1") == await found(store, "prof_2") == {("evt_a", True)}


async def test_an_id_of_something_else_finds_nobody(store: Store) -> None:
    await accept(store, "evt_a", "agent.match", agentId="prof_1", jobId="prof_1")
    await accept(store, "evt_b", "search.completed", analysis_id="prof_1")
    assert await found(store) == set()


async def test_each_kind_of_person_that_a_handler_declares_is_forgotten(
    store: Store, redis: Redis
) -> None:
    """What a new event type takes: its handler's declaration, and nothing in the store."""
    subjects = (*SUBJECTS, DataSubject("memberId", record_kind="member", cached_key="team:{id}"))
    await accept(store, "evt_a", "profile.enriched", profileId="per_1")
    await accept(store, "evt_b", "member.joined", memberId="per_1")
    await accept(store, "evt_c", "member.joined", memberId="per_2")
    for kind in ("profile", "member"):
        await keep(store, Record(kind, "per_1", {}), event_id="evt_a")
    await redis.set("team:per_1", CANARY)
    about = {row async for row in store.forgetting.events_about("per_1", subjects)}
    assert about == {("evt_a", True), ("evt_b", True)}
    removed = await store.forgetting.forget_subject("per_1", subjects)
    assert removed.record_kinds == ["member", "profile"]
    assert removed.cached_keys == ["team:per_1"]
    assert await redis.keys("juicebox:record:*") == []
