"""Records of profiles, exports and the quota: the newest known state of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import from_ms
from bot.store import keys
from bot.store.reading import read_hash

_fields = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """The fields of a record, and when they were true."""

    at: datetime
    fields: Mapping[str, Any]


class Records:
    """Records, kept as long as events are; commits write them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, kind: str, record_id: str) -> StoredRecord | None:
        """Return the record, or None.

        Raises:
            CorruptRecord: if what Redis holds is not what the bot wrote.
        """
        row = await read_hash(self._redis, keys.record(kind, record_id))
        if not row:
            return None
        try:
            return StoredRecord(from_ms(row[b"at"]), _fields.validate_json(row[b"fields"]))
        except (ValidationError, ValueError, KeyError, OverflowError) as error:
            raise CorruptRecord(f"the record of {kind} {record_id} is not readable") from error
