"""Quiet hours and ends of mutes, in time zones with and without changes of the clocks."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.model.schedule import QuietHours, parse_end, parse_time

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
NIGHT = QuietHours(time(19), time(8))
WEEK = QuietHours(time(19), time(8), weekends=True)
LUNCH = QuietHours(time(12), time(13, 30))


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """Return a moment in UTC from a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        (NIGHT, "2026-03-02T18:59", None),
        (NIGHT, "2026-03-02T19:00", "2026-03-03T08:00"),
        (NIGHT, "2026-03-03T07:59", "2026-03-03T08:00"),
        (NIGHT, "2026-03-03T08:00", None),
        (LUNCH, "2026-03-02T12:45", "2026-03-02T13:30"),
        (LUNCH, "2026-03-02T13:30", None),
        (WEEK, "2026-03-06T20:00", "2026-03-09T08:00"),
        (WEEK, "2026-03-07T12:00", "2026-03-09T08:00"),
        (WEEK, "2026-03-08T23:00", "2026-03-09T08:00"),
        (WEEK, "2026-03-09T08:00", None),
        (NIGHT, "2026-03-07T12:00", None),
        (QuietHours(time(12), time(13), weekends=True), "2026-03-08T12:30", "2026-03-09T00:00"),
    ],
)
def test_quiet_hours_end_at_their_time(hours: QuietHours, now: str, end: str | None) -> None:
    assert hours.end_after(at(now), BERLIN) == (at(end) if end else None)


@pytest.mark.parametrize(
    ("zone", "now", "end"),
    [
        pytest.param(BERLIN, "2026-03-28T22:00", "2026-03-29T06:00+00:00", id="spring forward"),
        pytest.param(BERLIN, "2026-10-24T22:00", "2026-10-25T07:00+00:00", id="autumn back"),
        pytest.param(NEW_YORK, "2026-03-07T22:00", "2026-03-08T12:00+00:00", id="New York, spring"),
        pytest.param(KATHMANDU, "2026-03-07T22:00", "2026-03-08T02:15+00:00", id="a quarter hour"),
    ],
)
def test_the_end_follows_the_clocks_of_the_zone(zone: ZoneInfo, now: str, end: str) -> None:
    assert NIGHT.end_after(at(now, zone), zone) == datetime.fromisoformat(end)


def test_a_time_that_the_change_of_clocks_skips_or_repeats_ends_once() -> None:
    """02:30 does not exist in Berlin on 29 March, and comes twice on 25 October."""
    hours = QuietHours(time(22), time(2, 30))
    assert hours.end_after(at("2026-03-28T23:00"), BERLIN) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    end = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert hours.end_after(at("2026-10-24T23:00"), BERLIN) == end
    assert hours.end_after(end, BERLIN) is None


@pytest.mark.parametrize(
    ("text", "now", "end"),
    [
        ("2h", "2026-03-06T22:00", "2026-03-07T00:00"),
        ("90m", "2026-03-06T22:00", "2026-03-06T23:30"),
        ("1d", "2026-03-06T22:00", "2026-03-07T22:00"),
        ("1h30m", "2026-03-06T22:00", "2026-03-06T23:30"),
        ("until 9:00", "2026-03-06T22:00", "2026-03-07T09:00"),
        ("until 9:00", "2026-03-06T08:00", "2026-03-06T09:00"),
        ("Until 9am", "2026-03-06T08:00", "2026-03-06T09:00"),
        ("until 9:30 pm", "2026-03-06T08:00", "2026-03-06T21:30"),
        ("until monday 9:00", "2026-03-06T22:00", "2026-03-09T09:00"),
        ("until monday 9:00", "2026-03-09T08:00", "2026-03-09T09:00"),
        ("until monday 9:00", "2026-03-09T09:00", "2026-03-16T09:00"),
        ("until mon", "2026-03-06T22:00", "2026-03-09T09:00"),
        ("until tomorrow", "2026-03-06T22:00", "2026-03-07T09:00"),
        ("until tomorrow 7:15", "2026-03-06T22:00", "2026-03-07T07:15"),
        ("until 9:00", "2026-03-28T22:00", "2026-03-29T09:00"),
    ],
)
def test_a_mute_ends_at_a_moment(text: str, now: str, end: str) -> None:
    assert parse_end(text, at(now), BERLIN) == at(end)


def test_a_mute_may_last_forever() -> None:
    assert parse_end("forever", at("2026-03-06T22:00"), BERLIN) is None


@pytest.mark.parametrize(
    "text", ["", "soon", "until", "until never", "0h", "until 25:00", "-2h", "2"]
)
def test_what_is_not_a_time_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_end(text, at("2026-03-06T22:00"), BERLIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", time(9)),
        ("9:05", time(9, 5)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("0:00", time(0)),
    ],
)
def test_a_time_of_day_is_read(text: str, expected: time) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["24:00", "9:60", "13pm", "0am", "9.30", "nine"])
def test_what_is_not_a_time_of_day_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match="9:00 or 21:30"):
        parse_time(text)
