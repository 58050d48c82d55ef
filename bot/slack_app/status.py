"""`/juicebox status`: the latest events and their deliveries, the backlog, and the quota."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.model import Quota, duration
from bot.slack_app.rows import Row, epoch, event_row, outcome_rows
from bot.store.backlog import Backlog
from bot.views.event import EventView
from bot.views.status import StatusView

_MAX_OUTCOMES = 4
_MAX_TYPES = 8


def status_context(status: StatusView) -> Mapping[str, Any]:
    """Return what `templates/_slack/status` sees."""
    counts = [{"type": name, "count": count} for name, count in status.counts.items()]
    return {
        "events": [_event_row(event) for event in status.events],
        "counts": counts[:_MAX_TYPES],
        "more_types": max(0, len(counts) - _MAX_TYPES),
        "total": sum(status.counts.values()),
        "quota": _quota_row(status.quota) if status.quota else None,
        "backlog": _backlog_row(status.backlog),
    }


def _event_row(event: EventView) -> Row:
    outcomes = outcome_rows(event.deliveries)
    return {
        **event_row(event),
        "outcomes": outcomes[:_MAX_OUTCOMES],
        "more_outcomes": max(0, len(outcomes) - _MAX_OUTCOMES),
        "has_dead_letter": event.has_dead_letter,
    }


def _backlog_row(backlog: Backlog) -> Row:
    return {
        "due": backlog.due,
        "later": backlog.later,
        "oldest": duration(timedelta(seconds=backlog.oldest_seconds)),
        "dead": backlog.dead,
        "worker_alive": backlog.worker_alive,
    }


def _quota_row(quota: Quota) -> Row:
    return {
        "percent": quota.usage_percent,
        "usage": quota.usage,
        "limit": quota.limit,
        "resets": epoch(quota.reset_date) if quota.reset_date else None,
        "plan": quota.plan_tier,
    }
