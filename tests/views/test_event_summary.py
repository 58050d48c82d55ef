"""The one-sentence summary of an event, whatever its data holds."""

from typing import Any

import pytest

from bot.errors import RenderError
from bot.model import Event, InvalidData
from bot.views.event_summary import summarize_event
from tests.factories import NOW


def test_the_summary_is_what_the_message_says() -> None:
    event = Event("evt_1", "export.ready", NOW, {})
    described = summarize_event(event, has_deliveries=True, describe=lambda e: f"{e.type} <b>")
    assert described == "export.ready <b>"


@pytest.mark.parametrize("said", [None, ""])
def test_an_event_whose_handler_says_nothing_is_summarized_from_its_type(said: str | None) -> None:
    event = Event("evt_1", "export.ready", NOW, {})
    assert summarize_event(event, has_deliveries=True, describe=lambda _: said) == "Export ready"


@pytest.mark.parametrize(
    "error",
    [
        RenderError("template search.completed/slack.json.j2: 'query' is undefined"),
        InvalidData("data.exportId is missing"),
        RuntimeError("a bug in the handler"),
    ],
)
def test_an_event_that_cannot_be_described_is_summarized_from_its_type(error: Exception) -> None:
    def fail(_: Event) -> str:
        raise error

    event = Event("evt_1", "export.ready", NOW, {})
    assert summarize_event(event, has_deliveries=True, describe=fail) == "Export ready"


@pytest.mark.parametrize(
    ("event_type", "data", "summary"),
    [
        (
            "profile.enriched",
            {"profileId": "prof_1", "fields": ["x"]},
            "Profile enriched (profileId prof_1)",
        ),
        ("quota.warning", {"usage": 70, "limit": 100}, "Quota warning (usage 70, limit 100)"),
        ("export.ready", {"downloadUrl": "https://example.com/x", "n": None}, "Export ready"),
        ("a.b", {"a": 1, "b": 2.5, "c": True, "d": 4}, "A b (a 1, b 2.5, c True)"),
        ("a", {"long": "x" * 100, "b": 1}, "A (b 1)"),
        ("someThing_new-now", {}, "Some thing new now"),
        ("", {}, "An event without a type"),
        (" ._-", [], "An event without a type"),
        ("a", "text", "A"),
        ("a", None, "A"),
        ("x" * 200, {}, "X" + "x" * 138 + "…"),
    ],
)
def test_an_event_without_deliveries_is_summarized_from_its_type_and_data(
    event_type: str, data: Any, summary: str
) -> None:
    event = Event("evt_1", event_type, NOW, data)
    said = summarize_event(event, has_deliveries=False, describe=lambda _: "what nobody was told")
    assert said == summary
