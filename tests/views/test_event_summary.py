"""One sentence for any event, whatever its data holds."""

from typing import Any

import pytest

from bot.model import Event
from bot.views.event_summary import summarize_event
from tests.factories import NOW, make_delivery


def describe(_: object) -> str:
    return "Export ready, link expires <!date^1768487400^{time}|15 Jan 2026>: a &lt;b&gt; &amp;amp;"


def test_an_event_is_told_as_its_message_tells_it() -> None:
    event = Event("evt_1", "export.ready", NOW, {})
    assert summarize_event(event, [make_delivery()], describe) == (
        "Export ready, link expires 15 Jan 2026: a <b> &amp;"
    )


def test_a_link_is_for_those_it_was_sent_to() -> None:
    event = Event("evt_1", "export.ready", NOW, {})
    told = summarize_event(event, [make_delivery()], lambda _: "<https://x.org/a|Download> it")
    assert told == "Download it"


@pytest.mark.parametrize(
    ("event_type", "data", "told"),
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
def test_an_event_without_a_message_is_told_by_its_type_and_details(
    event_type: str, data: Any, told: str
) -> None:
    assert summarize_event(Event("evt_1", event_type, NOW, data), [], describe) == told
