"""The names of the bot's keys in Redis; `.github/SECURITY.md` lists what each one contains."""

from datetime import datetime

_PREFIX = "juicebox:"

LOG = f"{_PREFIX}events"
DEAD = f"{_PREFIX}dead"
COUNTERS = f"{_PREFIX}counters"
RETENTIONS = f"{_PREFIX}retentions"
RECONCILED = f"{_PREFIX}reconciled"
PLACES = f"{_PREFIX}places"
PLACES_VERSION = f"{_PREFIX}places:version"
_TO_THE_HOUR = len("2026-01-15T14")


def event(event_id: str) -> str:
    return f"{_PREFIX}event:{event_id}"


def accepted_in(hour: datetime) -> str:
    """Return the key that counts the events accepted in this hour."""
    return f"{_PREFIX}accepted:{hour.isoformat()[:_TO_THE_HOUR]}"


def record(kind: str, record_id: str) -> str:
    return f"{_PREFIX}record:{kind}:{record_id}"


def waiting(destination: str) -> str:
    """Return the key of the sorted set of deliveries that wait for a destination."""
    return f"{_PREFIX}waiting:{destination}"


def greeting(invitation: str) -> str:
    """Return the key that says whether an invitation into a channel was answered."""
    return f"{_PREFIX}greeting:{invitation}"


def smtp_slots(host: str, port: int | str) -> str:
    """Return the key of the sorted set of open connections to one mail server."""
    return f"{_PREFIX}smtp:{host}:{port}"
