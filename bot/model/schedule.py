"""Times of day in a time zone: quiet hours, and the end of a mute."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY, _DAYS_OF_WEEK = 5, 6, 7
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_INTERVALS = 10
"""More than follow each other without a break: two nights and the weekend between them."""
_MORNING = time(9)
"""What "until monday" means, as Slack's own "until tomorrow" does."""
_LENGTH = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m(?:in)?)?")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_NOON, _HOURS = 12, 24


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A time of every day, which may span midnight, and with `weekends` all of Saturday and Sunday."""

    start: time
    end: time
    weekends: bool = False

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError("quiet hours must start and end at different times")

    def end_after(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the quiet hours that it is now will end, in UTC; None if it is not quiet.

        Where clocks are put back, an hour that comes twice means the first one; where they are put
        forward, a time that does not exist is as far behind the change as it would be.
        """
        end = None
        for _ in range(_MOST_INTERVALS):
            later = self._end_of_interval(end or now, zone)
            if later is None:
                break
            end = later
        return end

    def _end_of_interval(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        today = now.astimezone(zone).date()
        for first in (today - _DAY, today):
            for start, end in self._intervals(first, zone):
                if start <= now < end:
                    return end
        return None

    def _intervals(self, day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """Return the intervals that begin on this day, in UTC."""
        ends_on = day if self.start < self.end else day + _DAY
        yield _moment(day, self.start, zone), _moment(ends_on, self.end, zone)
        if self.weekends and day.weekday() in {_SATURDAY, _SUNDAY}:
            yield _moment(day, time(), zone), _moment(day + _DAY, time(), zone)


def parse_time(text: str) -> time:
    """Read a time of day: `9`, `9:30`, `21:30`, `9am`, `9:30 pm`.

    Raises:
        ValueError: with a sentence that says how to write one.
    """
    found = _TIME.fullmatch(text.strip().casefold())
    if found:
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3] and 1 <= hour <= _NOON:
            hour = hour % _NOON + (_NOON if found[3] == "pm" else 0)
        elif found[3]:
            hour = _HOURS
        if hour < _HOURS and minute < 60:  # noqa: PLR2004  # minutes of an hour
            return time(hour, minute)
    raise ValueError(f"“{text}” is not a time of day: write it as 9:00 or 21:30")


def parse_end(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the moment that `2h`, `1d`, `until 9:00`, `until monday 9:00` or `until tomorrow` means, in UTC.

    None means forever. A time of day is the next one after `now`; a day without a time is its morning.

    Raises:
        ValueError: with a sentence that says how to write it.
    """
    words = text.strip().casefold()
    if words == "forever":
        return None
    length = _LENGTH.fullmatch(words)
    if words and length:
        days, hours, minutes = (int(number or 0) for number in length.groups())
        if days or hours or minutes:
            return now + timedelta(days=days, hours=hours, minutes=minutes)
    if words.startswith("until "):
        return _next(words.removeprefix("until ").split(maxsplit=1), now, zone)
    raise ValueError(f"“{text}” is not a time: write 2h, until 9:00, until monday 9:00, or forever")


def _next(words: list[str], now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next moment of a day and a time, a day alone, or a time alone."""
    today = now.astimezone(zone).date()
    ahead = _days_ahead(words[0], today)
    if ahead is None:
        day, at, interval = today, parse_time(" ".join(words)), _DAY
    else:
        at = parse_time(words[1]) if len(words) > 1 else _MORNING
        day, interval = today + _DAY * ahead, _DAY * _DAYS_OF_WEEK
    moment = _moment(day, at, zone)
    return moment if moment > now else _moment(day + interval, at, zone)


def _days_ahead(word: str, today: date) -> int | None:
    """Return in how many days a day of the week, or tomorrow, comes; None for another word."""
    if word == "tomorrow":
        return 1
    named = [i for i, name in enumerate(_DAYS) if len(word) >= len("mon") and name.startswith(word)]
    return (named[0] - today.weekday()) % _DAYS_OF_WEEK if named else None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
