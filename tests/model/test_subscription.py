"""Which notifications a rule is about, and which mute applies."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.model.subscription import Facts, Mute, Place, Subscription, matches
from tests.factories import NOW, seconds

SEARCH = Facts("search.completed", "search:srch_1", "Senior Engineers in Zürich", 1204)
EXPORT = Facts("export.ready", "export:exp_1", count=40)
ALL = Subscription(("*",), "U1", NOW)


@pytest.mark.parametrize(
    ("rule", "facts", "why_not"),
    [
        (ALL, SEARCH, None),
        (replace(ALL, types=("search.completed", "export.ready")), EXPORT, None),
        (replace(ALL, types=("search.*",)), SEARCH, None),
        (replace(ALL, types=("search.*",)), EXPORT, "type"),
        (replace(ALL, types=("search.complete[a-z]",)), SEARCH, "type"),
        (replace(ALL, types=("search.complete?",)), SEARCH, "type"),
        (replace(ALL, query="zurich ENGINEER"), SEARCH, None),
        (replace(ALL, query="zürich"), SEARCH, None),
        (replace(ALL, query="engineers berlin"), SEARCH, "query"),
        (replace(ALL, query="engineers"), EXPORT, "query"),
        (replace(ALL, query="hauptstrasse"), replace(SEARCH, query="Hauptstraße"), None),
        (replace(ALL, query="java go"), replace(SEARCH, query="JavaScript in Chicago"), "query"),
        (replace(ALL, query="c++ .net"), replace(SEARCH, query="C++, or (.NET)"), None),
        (replace(ALL, minimum=1204), SEARCH, None),
        (replace(ALL, minimum=1205), SEARCH, "minimum"),
        (replace(ALL, minimum=1), replace(EXPORT, count=None), "minimum"),
        (replace(ALL, minimum=0), replace(SEARCH, count=0), None),
        (replace(ALL, follows="search:srch_1"), SEARCH, None),
        (replace(ALL, follows="search:srch_2"), SEARCH, "thread"),
    ],
)
def test_a_rule_applies_if_type_thread_and_filters_do(
    rule: Subscription, facts: Facts, why_not: str | None
) -> None:
    assert rule.why_not(facts) == why_not


def mute(until: datetime | None, **values: object) -> Mute:
    return replace(Mute(NOW, until, "U1"), **values)  # type: ignore[arg-type]  # of any field


def test_a_mute_ends_at_its_moment() -> None:
    hour = mute(NOW + seconds(3600))
    assert hour.applies(SEARCH, NOW + seconds(3599))
    assert not hour.applies(SEARCH, NOW + seconds(3600))
    assert mute(None).applies(SEARCH, NOW + seconds(10**9))


def test_a_mute_is_about_types_or_a_thread() -> None:
    assert mute(None, types=("search.*",)).applies(SEARCH, NOW)
    assert not mute(None, types=("search.*",)).applies(EXPORT, NOW)
    assert mute(None, thread="search:srch_1").applies(SEARCH, NOW)
    assert not mute(None, thread="search:srch_1").applies(EXPORT, NOW)


def test_of_several_mutes_the_longest_counts() -> None:
    short, long, forever = mute(NOW + seconds(60)), mute(NOW + seconds(120)), mute(None)
    assert Place(mutes=(short, long)).mute_of(SEARCH, NOW) == long
    assert Place(mutes=(forever, long)).mute_of(SEARCH, NOW) == forever
    assert Place(mutes=(short,)).mute_of(SEARCH, NOW + seconds(60)) is None


def test_a_name_without_a_star_is_one_type() -> None:
    assert matches(("search.completed",), "search.completed")
    assert not matches(("search.completed",), "search.completed.again")
    assert not matches((), "search.completed")
