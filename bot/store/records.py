"""What is known of profiles, exports and the quota: the latest word on each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import Record, from_ms, to_ms
from bot.store import keys
from bot.store.reading import read_hash
from bot.store.scripts import LuaScript

_CACHED_ELSEWHERE = frozenset({"profile"})
"""Kinds of which other programs cache a copy that a new record makes stale."""

_fields = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What is known of a thing, and when that was true."""

    at: datetime
    fields: Mapping[str, Any]


class Records:
    """Kept as long as events are; an event that arrives late never overwrites a newer one's record."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._ttl_ms = int(retention / timedelta(milliseconds=1))
        self._script = LuaScript(redis, "record")

    async def keep(self, record: Record, occurred_at: datetime, of_event: str) -> bool:
        """Keep the record; False if something newer is known. Drops a cached copy in either case.

        `of_event` is the event that says so: once it is forgotten, nothing of it is kept.
        """
        names = [keys.record(record.kind, record.id), keys.event(of_event)]
        if record.kind in _CACHED_ELSEWHERE:
            names.append(keys.cached_copy(record.kind, record.id))
        args: list[bytes | int] = [
            to_ms(occurred_at),
            self._ttl_ms,
            to_json(dict(record.fields)),
        ]
        return bool(await self._script(names, args))

    async def get(self, kind: str, record_id: str) -> StoredRecord | None:
        """What is known of this thing, or None.

        Raises:
            CorruptRecord: if what is kept is not what `keep` wrote.
        """
        row = await read_hash(self._redis, keys.record(kind, record_id))
        if not row:
            return None
        try:
            return StoredRecord(from_ms(row[b"at"]), _fields.validate_json(row[b"fields"]))
        except (ValidationError, ValueError, KeyError, OverflowError) as error:
            raise CorruptRecord(f"the record of {kind} {record_id} is not readable") from error
