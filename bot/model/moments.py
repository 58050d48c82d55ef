"""Reads moments: RFC 3339 in every form, or seconds or milliseconds since 1970."""

import re
from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

_BLANKS = " \t\r\n"
_FIRST_MILLISECONDS = 10**11
"""Numbers from here on are milliseconds: as seconds this is the year 5138, as milliseconds it is
March 1973, before any webhook."""
_EPOCH = re.compile(r"\d{10}(?:\.\d{1,9})?|\d{13}(?:\.\d{1,9})?", re.ASCII)
"""A number as text, with as many digits as seconds and milliseconds have from 2001 to 2286. With any
other number of digits it could be a date: `20260115`, `20260115143000`."""
_ISO = re.compile(
    r"\d{4}-?(?:\d\d-?\d\d|W\d\d-?\d)"
    r"(?:T\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
"""A date, with or without a time and a zone. `datetime.fromisoformat` is too lenient: it allows any
character between date and time, and ignores text after `Z` and NUL."""
_END_OF_DAY = re.compile(r"(?<=T)24(?=:?00(?::?00(?:[.,]0+)?)?(?:Z|[+-]|$))")
"""`24:00` is the end of a day: https://www.rfc-editor.org/rfc/rfc3339#appendix-A."""
_LEAP_SECOND = re.compile(r"(?<=T\d\d:\d\d:)60|(?<=T\d{4})60", re.ASCII)
"""https://www.rfc-editor.org/rfc/rfc3339#section-5.7; also the result of rounding 59.9996."""
_NOT_A_MOMENT = (
    "must be an ISO 8601 date and time, or a number of seconds or milliseconds since 1970"
)


def read_moment(value: object) -> datetime:
    """Return the moment in UTC. A date without a time is its midnight; the default zone is UTC.

    Raises:
        ValueError: if it is not a moment, is a number below 0, or its year is not 2 to 9998.
    """
    try:
        moment = _read(value)
    except (ValueError, OverflowError):
        raise ValueError(_NOT_A_MOMENT) from None
    if not MINYEAR < moment.year < MAXYEAR:  # in these two, arithmetic would overflow
        raise ValueError(_NOT_A_MOMENT)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(value: object) -> datetime:
    if isinstance(value, str):
        text = value.strip(_BLANKS)
        if not _EPOCH.fullmatch(text):
            return _from_iso(text)
        value = float(text)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise ValueError(_NOT_A_MOMENT)
    return from_ms(value if value >= _FIRST_MILLISECONDS else value * 1000)


def _from_iso(text: str) -> datetime:
    """Read what `datetime.fromisoformat` reads, and the end of a day and leap seconds of RFC 3339."""
    whole = text.upper().replace(" ", "T", 1)
    if not _ISO.fullmatch(whole):
        raise ValueError(_NOT_A_MOMENT)
    with suppress(ValueError):
        return datetime.fromisoformat(whole)
    whole, days = _END_OF_DAY.subn("00", whole)
    whole, seconds = _LEAP_SECOND.subn("59", whole)
    return datetime.fromisoformat(whole) + timedelta(days=days, seconds=seconds)


def from_ms(milliseconds: float | str | bytes) -> datetime:
    """Return the moment that long after 1970.

    Raises:
        ValueError: if it is out of range. `fromtimestamp` raises OSError and OverflowError as well.
    """
    try:
        return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
    except (OSError, OverflowError):
        raise ValueError("out of range for a date") from None


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
