"""The intents of `search.completed`."""

import pytest

from bot.model import Audience, InvalidData, Notify
from tests.event_fixtures import captured, intents_of, sent


def test_recruiters_are_told_how_many_people_were_found() -> None:
    assert intents_of(captured("search.completed")) == [
        Notify(
            Audience.RECRUITERS,
            "search.completed",
            {"searchId": "srch_8f3k2m", "resultCount": 1204, "query": None, "resultsUrl": None},
            thread="search:srch_8f3k2m",
            query="",
            count=1204,
        )
    ]


def test_a_query_is_shown() -> None:
    [told] = intents_of(captured("search.completed.full"))
    assert isinstance(told, Notify)
    assert told.context["query"] == "Senior backend engineers in Berlin & Zürich who know “Rust”"


@pytest.mark.parametrize("query", ["   ", 7, None, {"text": "x"}])
def test_an_invalid_query_is_left_out(query: object) -> None:
    event = sent("search.completed", {"searchId": "s", "resultCount": 0, "query": query})
    [told] = intents_of(event)
    assert isinstance(told, Notify)
    assert told.context["query"] is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"resultCount": 1}, "data.searchId is missing"),
        ({"searchId": "", "resultCount": 1}, "data.searchId must have at least 1 character"),
        ({"searchId": "s"}, "data.resultCount is missing"),
        (
            {"searchId": "s", "resultCount": -1},
            "data.resultCount must be greater than or equal to 0",
        ),
        ({"searchId": "s", "resultCount": "12 or so"}, "data.resultCount must be a valid integer"),
        ({}, "data.searchId is missing; data.resultCount is missing"),
    ],
)
def test_data_that_does_not_fit_is_refused_with_a_reason(
    data: dict[str, object], reason: str
) -> None:
    with pytest.raises(InvalidData) as refused:
        intents_of(sent("search.completed", data))
    assert str(refused.value) == reason
