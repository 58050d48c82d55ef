"""The name of every key that is ours."""

_OURS = "juicebox:"

LOG = f"{_OURS}events"
TYPES = f"{_OURS}types"
DEAD = f"{_OURS}dead"
COUNTERS = f"{_OURS}counters"
RETENTIONS = f"{_OURS}retentions"
UNFINISHED = f"{_OURS}unfinished"
RECONCILED = f"{_OURS}reconciled"


def event(event_id: str) -> str:
    return f"{_OURS}event:{event_id}"


def trail(event_id: str) -> str:
    return f"{_OURS}trail:{event_id}"


def log_of(event_type: str) -> str:
    return f"{_OURS}events:{event_type}"


def deliveries(event_id: str) -> str:
    return f"{_OURS}deliveries:{event_id}"


def delivery(delivery_id: str) -> str:
    return f"{_OURS}delivery:{delivery_id}"


def record(kind: str, record_id: str) -> str:
    return f"{_OURS}record:{kind}:{record_id}"


def smtp_slots(host: str, port: int | str) -> str:
    """The open connections to one mail server."""
    return f"{_OURS}smtp:{host}:{port}"
