"""`/juicebox status`: what happened lately, whether it arrived, and what waits or is dead."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.errors import CorruptRecord
from bot.model import (
    LEAST_LIMIT,
    Delivery,
    DeliveryState,
    EventState,
    SlackMessage,
    duration,
    retry_command,
)
from bot.slack_app.render import Describe, Render
from bot.store import Store
from bot.store.backlog import Backlog
from bot.store.events import StoredEvent
from bot.store.records import StoredRecord
from bot.views.event_summary import summarize_event
from bot.views.rows import Row, epoch, notice_rows, outcome_rows, split_notices

_EVENTS = 10
_OUTCOMES = 4
_TYPES = 8
_A_DAY = timedelta(hours=24)
_YEAR_10000 = 253_402_300_800
_LARGEST_AMOUNT = 10**15


async def show_status(
    store: Store, render: Render, describe: Describe, now: datetime
) -> SlackMessage:
    """The answer, made of eight round trips to Redis.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    events = await store.events.latest(_EVENTS)
    deliveries = await store.ledger.of_events([kept.event.id for kept in events])
    counts = await store.events.counts_since(now - _A_DAY)
    context = {
        "events": [_event_row(kept, deliveries[kept.event.id], describe) for kept in events],
        "counts": _count_rows(counts),
        "more_types": max(0, len(counts) - _TYPES),
        "total": sum(counts.values()),
        "quota": _quota_row(await _latest_quota(store)),
        "backlog": _backlog_row(await store.backlog(now)),
    }
    return render("_slack/status", context)


def _event_row(kept: StoredEvent, found: Sequence[Delivery], describe: Describe) -> Row:
    deliveries, notices = split_notices(found)
    outcomes = outcome_rows(deliveries)
    return {
        "id": kept.event.id,
        "type": kept.event.type,
        "what": summarize_event(kept.event, deliveries, describe),
        "at": epoch(kept.event.timestamp),
        "state": str(kept.state),
        "reason": kept.reason,
        "outcomes": outcomes[:_OUTCOMES],
        "more_outcomes": max(0, len(outcomes) - _OUTCOMES),
        "dead": kept.state is EventState.DEAD or _any_failed(deliveries),
        "retry": retry_command(kept.event.id),
        **notice_rows(notices),
    }


def _any_failed(deliveries: Sequence[Delivery]) -> bool:
    return any(delivery.state is DeliveryState.FAILED for delivery in deliveries)


def _count_rows(counts: Mapping[str, int]) -> list[Row]:
    return [{"type": name, "count": count} for name, count in list(counts.items())[:_TYPES]]


def _backlog_row(backlog: Backlog) -> Row:
    return {
        "due": backlog.due,
        "later": backlog.later,
        "oldest": duration(timedelta(seconds=backlog.oldest_seconds)),
        "dead": backlog.dead,
        "worker_alive": backlog.worker_alive,
    }


async def _latest_quota(store: Store) -> StoredRecord | None:
    try:
        return await store.records.get("quota", "latest")
    except CorruptRecord:
        return None


def _quota_row(known: StoredRecord | None) -> Row | None:
    """The quota, if what is known of it makes sense: in per cent, in amounts, or without a limit."""
    if known is None:
        return None
    percent, usage, limit = (known.fields.get(n) for n in ("usagePercent", "usage", "limit"))
    unlimited = limit is None and "limit" in known.fields
    if not (_is_amount(percent) or (_is_amount(usage) and (unlimited or _is_limit(limit)))):
        return None
    resets, plan = known.fields.get("resetDate"), known.fields.get("planTier")
    return {
        "percent": percent if _is_amount(percent) else None,
        "usage": usage,
        "limit": limit,
        "resets": resets if _is_moment(resets) else None,
        "plan": plan if isinstance(plan, str) else None,
        "at": epoch(known.at),
    }


def _is_amount(value: Any) -> bool:
    """Compared as it is: an integer out of Redis may be too big to be converted."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= _LARGEST_AMOUNT


def _is_limit(value: Any) -> bool:
    return _is_amount(value) and value >= LEAST_LIMIT


def _is_moment(value: Any) -> bool:
    return isinstance(value, int) and 0 < value < _YEAR_10000
