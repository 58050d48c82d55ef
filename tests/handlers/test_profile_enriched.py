"""The intents of `profile.enriched`."""

import pytest

from bot.model import Audience, InvalidData, Notify, Record
from bot.registry import load_registry
from tests.event_fixtures import captured, intents_of, sent


def test_the_profile_is_recorded_and_subscribers_are_told() -> None:
    assert intents_of(captured("profile.enriched")) == [
        Record("profile", "prof_2x9d4w", {"enrichedAt": 1768487400, "fields": ["email", "phone"]}),
        Notify(
            Audience.RECRUITERS,
            "profile.enriched",
            {"profileId": "prof_2x9d4w", "fields": ["email", "phone"], "source": None},
            thread="profile:prof_2x9d4w",
            opt_in=True,
        ),
    ]


def test_values_of_fields_are_recorded_and_only_their_names_are_shown() -> None:
    record, told = intents_of(captured("profile.enriched.full"))
    assert isinstance(record, Record)
    assert record.fields["fields"] == {"email": "ada@example.com"}
    assert isinstance(told, Notify)
    assert told.context == {
        "profileId": "prof_2x9d4w",
        "fields": ["email"],
        "source": "linkedin",
    }


@pytest.mark.parametrize("fields", ["email", 3, None, [1], [["email"]]])
def test_fields_must_be_names_or_an_object(fields: object) -> None:
    with pytest.raises(InvalidData) as refused:
        intents_of(sent("profile.enriched", {"profileId": "p", "fields": fields}))
    assert str(refused.value) == "data.fields must be a list of names or an object"


def test_fields_are_required() -> None:
    with pytest.raises(InvalidData) as refused:
        intents_of(sent("profile.enriched", {"profileId": "p"}))
    assert str(refused.value) == "data.fields is missing"


def test_the_cached_profile_is_stale_once_the_profile_is_recorded() -> None:
    handler = load_registry().get("profile.enriched")
    assert handler is not None
    assert handler.cached_key_of(Record("profile", "prof_1", {})) == "profile:prof_1"
    assert handler.cached_key_of(Record("export", "exp_1", {})) == ""
