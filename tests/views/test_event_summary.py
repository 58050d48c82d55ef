"""The one-sentence summary of an event, whatever its data holds."""

from typing import Any

import pytest

from bot.errors import RenderError
from bot.model import Event, Notification
from bot.views.event_summary import summarize_event
from tests.factories import NOW, make_delivery


def test_the_summary_is_what_the_first_notification_says() -> None:
    event = Event("evt_1", "export.ready", NOW, {})
    summary = summarize_event(event, [make_delivery()], lambda sent: f"{sent.event_type} <b>")
    assert summary == "search.completed <b>"


def test_a_notification_that_cannot_be_rendered_is_summarized_from_the_event() -> None:
    def fail(_: Notification) -> str:
        raise RenderError("template search.completed/slack.json.j2: 'query' is undefined")

    event = Event("evt_1", "export.ready", NOW, {})
    assert summarize_event(event, [make_delivery()], fail) == "Export ready"


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
        ("someThing_new-now", {}, "SomeThing new now"),
        ("", {}, "An event without a type"),
        (" ._-", [], "An event without a type"),
        ("a", "text", "A"),
        ("a", None, "A"),
        ("x" * 200, {}, "X" + "x" * 138 + "…"),
    ],
)
def test_an_event_without_a_notification_is_summarized_from_its_type_and_data(
    event_type: str, data: Any, summary: str
) -> None:
    assert summarize_event(Event("evt_1", event_type, NOW, data), []) == summary
