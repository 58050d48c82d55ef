"""The table of dialects, row by row, and which name is used if there are two."""

import pytest

from bot.model import canonical_event
from bot.model.dialects import FIELDS, TYPES, spellings
from bot.registry import load_registry
from tests.factories import NOW

ROWS = [
    ("analysis.completed", "search.completed"),
    ("candidate.enriched", "profile.enriched"),
    ("enrichment.complete", "profile.enriched"),
]
FIELD_ROWS = [
    ("search.completed", "search_id", "searchId"),
    ("search.completed", "analysisId", "searchId"),
    ("search.completed", "analysis_id", "searchId"),
    ("search.completed", "result_count", "resultCount"),
    ("profile.enriched", "profile_id", "profileId"),
    ("profile.enriched", "candidateId", "profileId"),
    ("profile.enriched", "candidate_id", "profileId"),
    ("export.ready", "export_id", "exportId"),
    ("export.ready", "download_url", "downloadUrl"),
    ("export.ready", "record_count", "recordCount"),
    ("export.ready", "expires_at", "expiresAt"),
    ("quota.warning", "usage_percent", "usagePercent"),
    ("quota.warning", "reset_date", "resetDate"),
    ("quota.warning", "plan_tier", "planTier"),
    ("key.rotated", "new_key_prefix", "newKeyPrefix"),
    ("key.rotated", "rotated_at", "rotatedAt"),
]
UNKNOWN = ("agent.match", "outreach.replied", "search.alert", "dataset.updated")


@pytest.mark.parametrize(("received", "canonical"), ROWS)
def test_a_type_has_one_canonical_name(received: str, canonical: str) -> None:
    event = canonical_event("evt_1", received, NOW, {})
    assert (event.type, event.received_type) == (canonical, received)


@pytest.mark.parametrize(("event_type", "received", "canonical"), FIELD_ROWS)
def test_a_field_has_one_canonical_name(event_type: str, received: str, canonical: str) -> None:
    data = {"first": 1, received: "x", "last": 2}
    event = canonical_event("evt_1", event_type, NOW, data)
    assert [*event.data.items()] == [("first", 1), (canonical, "x"), ("last", 2)]
    assert data == {"first": 1, received: "x", "last": 2}


@pytest.mark.parametrize(("event_type", "received", "canonical"), FIELD_ROWS)
def test_the_canonical_name_is_used_if_both_are_there(
    event_type: str, received: str, canonical: str
) -> None:
    for data in ({received: "x", canonical: "y"}, {canonical: "y", received: "x"}):
        assert canonical_event("evt_1", event_type, NOW, data).data == {canonical: "y"}


@pytest.mark.parametrize(("event_type", "received", "canonical"), FIELD_ROWS)
def test_a_name_that_is_null_does_not_hide_another(
    event_type: str, received: str, canonical: str
) -> None:
    for data in ({received: "x", canonical: None}, {canonical: None, received: "x"}):
        assert canonical_event("evt_1", event_type, NOW, data).data == {canonical: "x"}
    for data in ({received: None, canonical: "y"}, {received: None, canonical: None}):
        assert canonical_event("evt_1", event_type, NOW, data).data == {canonical: data[canonical]}


def test_the_first_of_two_other_names_is_used() -> None:
    event = canonical_event(
        "evt_1", "search.completed", NOW, {"search_id": "a", "analysis_id": "b"}
    )
    assert event.data == {"searchId": "a"}


@pytest.mark.parametrize("event_type", UNKNOWN)
def test_data_of_a_type_without_a_handler_stays_as_it_was_received(event_type: str) -> None:
    data = {"candidate_id": "c", "export_id": "e", "analysis_id": "a"}
    event = canonical_event("evt_1", event_type, NOW, data)
    assert (event.type, event.received_type, event.data) == (event_type, "", data)


def test_the_rows_above_are_the_whole_table() -> None:
    assert dict(ROWS) == TYPES
    assert {(t, *row) for t, names in FIELDS.items() for row in names.items()} == {*FIELD_ROWS}


def test_every_canonical_name_is_known_to_a_handler() -> None:
    registry = load_registry()
    assert {*TYPES.values(), *FIELDS} <= {*registry.types}
    assert not {*TYPES} & {*registry.types}
    for event_type, names in FIELDS.items():
        handler = registry.get(event_type)
        assert handler is not None
        known = {field.alias for field in handler.data.model_fields.values()}
        assert {*names.values()} <= known
        assert not {*names} & known


def test_the_id_of_a_person_has_four_names() -> None:
    names = {"profileId", "profile_id", "candidateId", "candidate_id"}
    assert spellings("profileId") == names
