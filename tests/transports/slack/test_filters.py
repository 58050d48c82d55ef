"""Filters of Slack's templates: dates, links and text without styling."""

import pytest

from bot.transports.slack.filters import FILTERS, slack_date, unstyled


def test_slack_shows_a_time_in_the_readers_time_zone() -> None:
    assert str(slack_date(1768487400)) == (
        "<!date^1768487400^{date_short_pretty} at {time}|15 Jan 2026, 14:30 UTC>"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _it_ ~no~ `code`", "∗bold∗ ˍitˍ ∼no∼ ʼcodeʼ"),
        ("srch_8f3k2m and 2*3*4", "srch_8f3k2m and 2*3*4"),
        ("C* in (*Berlin*)", "C∗ in (∗Berlin∗)"),
        ("", ""),
    ],
)
def test_text_cannot_style_the_line_it_is_in(text: str, shown: str) -> None:
    assert unstyled(text) == shown


@pytest.mark.parametrize("name", FILTERS)
def test_none_stays_none(name: str) -> None:
    assert FILTERS[name](None) is None
