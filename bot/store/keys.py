"""The names of the bot's keys in Redis; `.github/SECURITY.md` lists what each one contains."""

_PREFIX = "juicebox:"

LOG = f"{_PREFIX}events"
TYPES = f"{_PREFIX}types"
DEAD = f"{_PREFIX}dead"
COUNTERS = f"{_PREFIX}counters"
RETENTIONS = f"{_PREFIX}retentions"
UNFINISHED = f"{_PREFIX}unfinished"
RECONCILED = f"{_PREFIX}reconciled"


def event(event_id: str) -> str:
    return f"{_PREFIX}event:{event_id}"


def trail(event_id: str) -> str:
    return f"{_PREFIX}trail:{event_id}"


def log_of(event_type: str) -> str:
    return f"{_PREFIX}events:{event_type}"


def deliveries(event_id: str) -> str:
    return f"{_PREFIX}deliveries:{event_id}"


def delivery(delivery_id: str) -> str:
    return f"{_PREFIX}delivery:{delivery_id}"


def record(kind: str, record_id: str) -> str:
    return f"{_PREFIX}record:{kind}:{record_id}"


def smtp_slots(host: str, port: int | str) -> str:
    """Return the key of the sorted set of open connections to one mail server."""
    return f"{_PREFIX}smtp:{host}:{port}"
