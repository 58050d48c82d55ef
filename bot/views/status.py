"""The bot's state at a glance: the latest events, what was received in 24 hours, quota and backlog."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from bot.errors import CorruptRecord
from bot.model import QUOTA_RECORD, Quota
from bot.store import Backlog, Store
from bot.views.event import EventView, load_latest
from bot.views.event_summary import Describe
from bot.views.outcomes import Reader

_LATEST = 10
_COUNTED = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StatusView:
    """What `/juicebox status` shows.

    `counts` has the events by type that were received since the hour that it was 24 hours ago, the most
    frequent first.
    """

    events: tuple[EventView, ...]
    counts: Mapping[str, int]
    quota: Quota | None
    backlog: Backlog


async def load_status(
    store: Store, now: datetime, describe: Describe, reader: Reader
) -> StatusView:
    """Return the status as the reader may see it; six round trips to Redis.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    return StatusView(
        events=tuple(e.as_seen(reader) for e in await load_latest(store, _LATEST, describe)),
        counts=await store.events.counts_since(now - _COUNTED, now),
        quota=await _load_quota(store),
        backlog=await store.backlog(now),
    )


async def _load_quota(store: Store) -> Quota | None:
    """Return the quota last reported, unless it is implausible or has no amount to show.

    The bot stores numbers. Text in their place was written by another program, and is ignored.
    """
    try:
        stored = await store.records.get(*QUOTA_RECORD)
        fields = stored.fields if stored else {}
        quota = Quota.model_validate(
            {k: v for k, v in fields.items() if k == "planTier" or not isinstance(v, str)}
        )
    except (CorruptRecord, ValidationError):
        return None
    has_amount = quota.usage is not None and quota.limit != 0
    return quota if has_amount or quota.usage_percent is not None else None
