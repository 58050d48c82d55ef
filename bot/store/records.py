"""Records of profiles, exports and the quota: the newest known state of each."""

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

_fields = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """The fields of a record, and when they were true."""

    at: datetime
    fields: Mapping[str, Any]


class Records:
    """Records, kept as long as events are; a late event never overwrites a newer one's record."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._ttl_ms = int(retention / timedelta(milliseconds=1))
        self._script = LuaScript(redis, "record")

    async def keep(
        self, record: Record, occurred_at: datetime, event_id: str, cached_key: str = ""
    ) -> bool:
        """Keep the record; return False if a newer one is kept or the event was forgotten.

        The `cached_key`, where other programs cache the record, is deleted in either case.
        """
        names = [keys.record(record.kind, record.id), keys.event(event_id)]
        if cached_key:
            names.append(cached_key)
        fields = to_json(dict(record.fields))
        return bool(await self._script(names, [to_ms(occurred_at), self._ttl_ms, fields]))

    async def get(self, kind: str, record_id: str) -> StoredRecord | None:
        """Return the record, or None.

        Raises:
            CorruptRecord: if what Redis holds is not what `keep` wrote.
        """
        row = await read_hash(self._redis, keys.record(kind, record_id))
        if not row:
            return None
        try:
            return StoredRecord(from_ms(row[b"at"]), _fields.validate_json(row[b"fields"]))
        except (ValidationError, ValueError, KeyError, OverflowError) as error:
            raise CorruptRecord(f"the record of {kind} {record_id} is not readable") from error
