"""Filters format numbers, times and lists."""

from typing import Any

import pytest

from bot.rendering import filters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1204, "1,204"),
        (10**15, "1,000,000,000,000,000"),
        (1204.0, "1,204"),
        (0.5, "0.5"),
        (1204.25, "1,204.25"),
        (0.1 + 0.2, "0.3"),
        (-0.0001, "0"),
    ],
)
def test_numbers_are_grouped(value: float, text: str) -> None:
    assert filters.number(value) == text


@pytest.mark.parametrize(
    ("count", "more", "text"),
    [
        (1, (), "1 result"),
        (0, (), "0 results"),
        (1204, (), "1,204 results"),
        (2, ("people",), "2 people"),
    ],
)
def test_a_count_has_a_singular_and_a_plural(count: int, more: tuple[str, ...], text: str) -> None:
    assert filters.plural(count, "result", *more) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        *((84, 100, "84.0%"), (1, 3, "33.3%"), (0, 9, "0.0%"), (12, 1, "1,200.0%"), (1, 0, "—")),
        *((99.94, 100, "99.9%"), (99.95, 100, "99.9%"), (99.98, 100, "99.9%")),
        *((9_999_999, 10_000_000, "99.9%"), (100, 100, "100.0%"), (100.02, 100, "100.0%")),
    ],
)
def test_percentages_have_one_decimal(part: float, whole: int, text: str) -> None:
    assert filters.percent(part, whole) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "▱▱▱▱▱▱▱▱▱▱"),
        (84, 100, "▰▰▰▰▰▰▰▰▱▱"),
        (99, 100, "▰▰▰▰▰▰▰▰▰▱"),
        (100, 100, "▰▰▰▰▰▰▰▰▰▰"),
        (300, 100, "▰▰▰▰▰▰▰▰▰▰"),
        (-5, 100, "▱▱▱▱▱▱▱▱▱▱"),
        (1, 0, "▰▰▰▰▰▰▰▰▰▰"),
    ],
)
def test_a_bar_is_full_at_100_percent_and_not_before(part: int, whole: int, text: str) -> None:
    assert filters.bar(part, whole, 10) == text


@pytest.mark.parametrize(("part", "share"), [(0, 0), (84.9, 84), (100, 100), (250, 100)])
def test_a_share_is_a_whole_percentage(part: float, share: int) -> None:
    assert filters.share(part, 100) == share


def test_times_are_shown_in_utc() -> None:
    assert filters.date(1768487400) == "15 Jan 2026, 14:30 UTC"
    assert filters.day(1768487400) == "15 Jan 2026"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-5, "in less than a minute"), (59, "in less than a minute"), (60, "in 1 minute")),
        *((90, "in 2 minutes"), (3_600, "in 60 minutes"), (5_400, "in 2 hours")),
        *((86_400, "in 24 hours"), (3 * 86_400 - 1, "in 3 days"), (3 * 86_400 + 60, "in 3 days")),
        (44.4 * 86_400, "in 44 days"),
    ],
)
def test_a_moment_is_shown_by_how_far_it_is(seconds: float, text: str) -> None:
    assert filters.until(1_768_487_400 + int(seconds), 1_768_487_400) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example/x", "see https://|evil.|example/x"),
        ("www.evil.example", "www.|evil.|example"),
        ("mailto:eve@evil.example", "mailto:eve@|evil.|example"),
        ("1.5 of 10.25, 2026-01-15T14:30:00.000Z.", "1.5 of 10.25, 2026-01-15T14:30:00.000Z."),
        ("10.evil", "10.|evil"),
    ],
)
def test_no_program_finds_a_link_in_text_without_links(text: str, shown: str) -> None:
    assert filters.no_links(text) == shown.replace("|", "\u200b")


def test_a_long_list_ends_with_the_number_of_the_others() -> None:
    assert filters.listing(["email", "phone"]) == "email, phone"
    assert filters.listing(list("abcde"), 3) == "a, b, c +2 more"
    assert filters.listing([]) == ""


def test_arguments_may_be_given_by_name() -> None:
    """The templates of users may do so."""
    assert filters.COMMON["plural"](3, "entry", many="entries") == "3 entries"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(("number", ()), ("plural", ("x",)), ("percent", (1,)), ("share", (1,)), ("bar", (1,))),
        *(("date", ()), ("day", ()), ("listing", ()), ("link", ())),
        *(("until", (0,)), ("no_links", ())),
    ],
)
def test_none_stays_none(name: str, arguments: tuple[Any, ...]) -> None:
    assert filters.COMMON[name](None, *arguments) is None
