"""The wall clock, for whoever puts parts together and hands it on."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
