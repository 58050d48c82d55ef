"""Moments in every form that senders use, and nothing ambiguous."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import from_ms, read_moment, to_ms

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-15T14:30:00Z", "2026-01-15 14:30:00"),
        ("2026-01-15t14:30:00z", "2026-01-15 14:30:00"),
        ("2026-01-15 14:30:00z", "2026-01-15 14:30:00"),
        (" 2026-01-15T14:30:00Z\n", "2026-01-15 14:30:00"),
        ("2026-01-15T14:30Z", "2026-01-15 14:30:00"),
        ("20260115T143000Z", "2026-01-15 14:30:00"),
        ("2026-01-15T14:30:00", "2026-01-15 14:30:00"),
        ("2026-01-15T16:30:00+02:00", "2026-01-15 14:30:00"),
        ("2026-01-15T10:00:00-0430", "2026-01-15 14:30:00"),
        ("2026-01-15T14:30:00-00:00", "2026-01-15 14:30:00"),
        # fractions of any length; of more than six digits the rest is cut off
        ("2026-01-15T14:30:00.5Z", "2026-01-15 14:30:00.500000"),
        ("2026-01-15T14:30:00,25Z", "2026-01-15 14:30:00.250000"),
        ("2026-01-15T14:30:00.123456789123456789Z", "2026-01-15 14:30:00.123456"),
        # the end of a day
        ("2026-01-15T24:00:00Z", "2026-01-16 00:00:00"),
        ("2026-01-15T24:00Z", "2026-01-16 00:00:00"),
        ("2026-12-31t24:00:00.000z", "2027-01-01 00:00:00"),
        ("2026-01-15T24:00:00+01:00", "2026-01-15 23:00:00"),
        ("20260115T240000Z", "2026-01-16 00:00:00"),
        # leap seconds
        ("2016-12-31T23:59:60Z", "2017-01-01 00:00:00"),
        ("2016-12-31t23:59:60.75z", "2017-01-01 00:00:00.750000"),
        ("2017-01-01T05:29:60+05:30", "2017-01-01 00:00:00"),
        ("20161231T235960Z", "2017-01-01 00:00:00"),
        # plain dates
        ("2026-W03-4", "2026-01-15 00:00:00"),
        ("2026-01-15", "2026-01-15 00:00:00"),
        ("20260115", "2026-01-15 00:00:00"),
        # since 1970
        (0, "1970-01-01 00:00:00"),
        (1768487400, "2026-01-15 14:30:00"),
        (1768487400.25, "2026-01-15 14:30:00.250000"),
        (1768487400123, "2026-01-15 14:30:00.123000"),
        (1768487400123.0, "2026-01-15 14:30:00.123000"),
        (99_999_999_999, "5138-11-16 09:46:39"),
        (100_000_000_000, "1973-03-03 09:46:40"),
        ("1768487400", "2026-01-15 14:30:00"),
        ("1768487400.5", "2026-01-15 14:30:00.500000"),
        ("1768487400123", "2026-01-15 14:30:00.123000"),
    ],
)
def test_a_moment_is_read_in_utc(value: object, moment: str) -> None:
    assert read_moment(value) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, [], {}, "", " ", "soon", "Z", "T24:00", "60"),
        *("2026-02-30", "2026-13-01T00:00:00Z", "2026-01-15T25:00:00Z", "2026-01-15T14:60:00Z"),
        *("2026-01-15x14:30:00Z", "2026-01-15T14:30:00Z\0", "2026-01-15T14:30:00Z\u2028"),
        *("2026-01-15T14:30:00Zx", "2026-01-15T", "2026-01-15Z", "2026-01", "\uff12026-01-15"),
        *("2026-01-15T24:00:01Z", "2026-01-15T24:01Z", "2026-01-15T24:00:00.001Z"),
        *("2026-01-15T14:30:61Z", "2026-01-15T24", "2026-01-15T14:30:00+25:00"),
        # digits that could be a date as well as a number
        *("176848740", "17684874000", "202601151430", "20260115143000", "1768487400123456"),
        *("-1768487400", "1_768487400", "1e9", "\uff11768487400"),
        *(-1, -0.5, float("nan"), float("inf"), 10**15, 10**400, 1e308),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T24:00:00Z", "9998-12-31T24:00:00Z"),
    ],
)
def test_a_value_that_is_not_a_moment_is_refused_without_repeating_it(value: object) -> None:
    with pytest.raises(ValueError, match=r"^must be an ISO 8601 date and time, or a number of "):
        read_moment(value)


@given(JSON_VALUES)
def test_any_value_is_a_moment_in_utc_or_refused(value: object) -> None:
    try:
        moment = read_moment(value)
    except ValueError:
        return
    assert moment.tzinfo is UTC
    assert abs((from_ms(to_ms(moment)) - moment).total_seconds()) < 0.001


@given(st.datetimes(datetime(2002, 1, 1), datetime(9990, 1, 1)))  # noqa: DTZ001  # UTC is given below
def test_every_form_of_a_moment_is_read_as_the_same(moment: datetime) -> None:
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    seconds = int(whole.timestamp())
    spellings: list[object] = [whole.isoformat(), f"{whole:%Y-%m-%dt%H:%M:%Sz}", seconds * 1000]
    spellings += [seconds] if seconds < 10**11 else []
    assert {read_moment(spelling) for spelling in spellings} == {whole}
