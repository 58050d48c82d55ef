"""What is said about an event whose type has no handler."""

from typing import Any

import pytest

from bot.delivery.other_event import notify_of_other
from bot.model import Audience, Event, Notify
from tests.factories import NOW


def notify(data: Any, event_type: str = "candidate.replied") -> Notify:
    return notify_of_other(Event("evt_1", event_type, NOW, data))


def test_its_type_is_in_words_and_its_values_are_facts() -> None:
    data = {"candidateId": "cand_1", "n_replies": 1204, "score": 2.5, "isFirst": True, "z": False}
    assert notify(data) == Notify(
        Audience.RECRUITERS,
        "other_event",
        {
            "headline": "Candidate replied",
            "facts": [
                ["Candidate id", "cand_1"],
                ["N replies", "1204"],
                ["Score", "2.5"],
                ["Is first", "yes"],
                ["Z", "no"],
            ],
            "leftOut": 0,
        },
        thread="event:evt_1",
        opt_in=True,
    )


@pytest.mark.parametrize(
    "data", [{}, [], "text", None, {"a": None, "b": [1], "c": {"d": 1}, "e": " \t"}]
)
def test_data_without_plain_values_has_no_facts(data: Any) -> None:
    assert notify(data).context["facts"] == []


def test_twenty_facts_are_shown_and_the_others_counted() -> None:
    context = notify({f"field{n}": n for n in range(25)}).context
    assert isinstance(context["facts"], list)
    assert (len(context["facts"]), context["leftOut"]) == (20, 5)


@pytest.mark.parametrize("name", ["", "._-"])
def test_names_without_words_are_replaced(name: str) -> None:
    context = notify({name: 1}, event_type=name).context
    assert (context["headline"], context["facts"]) == ("Juicebox event", [["Value", "1"]])
