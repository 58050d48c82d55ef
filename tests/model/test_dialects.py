"""The table of dialects, row by row, and which spelling counts where there are two."""

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


@pytest.mark.parametrize(("received", "known_as"), ROWS)
def test_a_type_has_one_name(received: str, known_as: str) -> None:
    event = canonical_event("evt_1", received, NOW, {})
    assert (event.type, event.received_type) == (known_as, received)


@pytest.mark.parametrize(("event_type", "received", "known_as"), FIELD_ROWS)
def test_a_field_has_one_name(event_type: str, received: str, known_as: str) -> None:
    data = {"first": 1, received: "x", "last": 2}
    event = canonical_event("evt_1", event_type, NOW, data)
    assert [*event.data.items()] == [("first", 1), (known_as, "x"), ("last", 2)]
    assert data == {"first": 1, received: "x", "last": 2}


@pytest.mark.parametrize(("event_type", "received", "known_as"), FIELD_ROWS)
def test_the_canonical_spelling_counts_where_both_are_there(
    event_type: str, received: str, known_as: str
) -> None:
    for data in ({received: "x", known_as: "y"}, {known_as: "y", received: "x"}):
        assert canonical_event("evt_1", event_type, NOW, data).data == {known_as: "y"}


@pytest.mark.parametrize(("event_type", "received", "known_as"), FIELD_ROWS)
def test_a_spelling_that_is_null_does_not_hide_another(
    event_type: str, received: str, known_as: str
) -> None:
    for data in ({received: "x", known_as: None}, {known_as: None, received: "x"}):
        assert canonical_event("evt_1", event_type, NOW, data).data == {known_as: "x"}
    for data in ({received: None, known_as: "y"}, {received: None, known_as: None}):
        assert canonical_event("evt_1", event_type, NOW, data).data == {known_as: data[known_as]}


def test_the_first_of_two_foreign_spellings_counts() -> None:
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


def test_every_name_that_is_ours_is_one_that_a_handler_knows() -> None:
    registry = load_registry()
    assert {*TYPES.values(), *FIELDS} <= {*registry.types}
    assert not {*TYPES} & {*registry.types}
    for event_type, names in FIELDS.items():
        handler = registry.get(event_type)
        assert handler is not None
        known = {field.alias for field in handler.data.model_fields.values()}
        assert {*names.values()} <= known
        assert not {*names} & known


def test_a_persons_id_has_four_names() -> None:
    names = {"profileId", "profile_id", "candidateId", "candidate_id"}
    assert spellings("profileId") == names
