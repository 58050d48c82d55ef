"""Removes what is kept about a person: the content of events, records and cached copies."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic_core import from_json
from redis.asyncio import Redis

from bot.model import (
    DataSubject,
    DeadLetter,
    Delivery,
    DeliveryState,
    EventState,
    id_text,
    spellings,
)
from bot.store import keys
from bot.store.change import Change
from bot.store.commit import ChangedMeanwhile, Commits
from bot.store.stored_event import BODY, EVENT, StoredEvent

_SCAN_COUNT = 1_000
_BATCH_SIZE = 50
"""How many bodies are read at once: at 256 KiB each, 12.8 MB at most."""
_SKIPPED = "forgotten on request"
_SKIPPED_WHILE_SENDING = "forgotten on request while it was being sent: it may have arrived"


@dataclass(frozen=True, slots=True)
class Removed:
    """The kinds of the records and the cached keys that were removed."""

    record_kinds: Sequence[str]
    cached_keys: Sequence[str]


class Forgetting:
    """Forgets a person. Every step is atomic, can be repeated, and is safe while workers run."""

    def __init__(
        self,
        redis: Redis,
        read_event: Callable[[str], Awaitable[StoredEvent | None]],
        commits: Commits,
    ) -> None:
        self._redis = redis
        self._read_event = read_event
        self._commits = commits

    async def events_about(
        self, subject_id: str, subjects: Sequence[DataSubject]
    ) -> AsyncIterator[tuple[str, bool]]:
        """Yield the id of each event about this person, and whether the event is readable.

        An event of any type is about the person if one of the subjects' fields, in any dialect, holds
        the id. Events that are not readable are included, because they may be about the person.

        Scans the events instead of the log, which drops them shortly before they expire.
        """
        names = {name for subject in subjects for name in spellings(subject.field)}
        batch: list[str] = []
        async for raw in self._redis.scan_iter(match=keys.event("*"), count=_SCAN_COUNT):
            batch.append(raw.decode().removeprefix(keys.event("")))
            if len(batch) == _BATCH_SIZE:
                for found in await self._find(batch, subject_id, names):
                    yield found
                batch.clear()
        for found in await self._find(batch, subject_id, names):
            yield found

    async def _find(
        self, event_ids: list[str], subject_id: str, names: Collection[str]
    ) -> list[tuple[str, bool]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.hmget(keys.event(event_id), [EVENT, BODY])
            rows = await pipe.execute()
        found: list[tuple[str, bool]] = []
        for event_id, (event, body) in zip(event_ids, rows, strict=True):
            if event is None and body is None:
                continue
            try:
                if from_json(event)["state"] == EventState.FORGOTTEN:
                    continue
                data = from_json(body)["data"]
                ids = [id_text(data.get(name)) for name in names]
            except (ValueError, KeyError, TypeError, AttributeError):
                found.append((event_id, False))
                continue
            if _is_among(subject_id, ids):
                found.append((event_id, True))
        return found

    async def forget_event(self, event_id: str, now: datetime) -> bool:
        """Remove the event's content and that of its deliveries; return False if there is none.

        The id, type and timestamps remain until they expire, so that a duplicate is recognized.
        """
        stored = await self._read_event(event_id)
        while stored is not None and stored.state is not EventState.FORGOTTEN:
            change = Change(stored, now)
            change.forget()
            change.remove_dead_letter(DeadLetter(event_id))
            for delivery in stored.deliveries:
                change.put(_without_content(delivery, now))
                change.remove_dead_letter(DeadLetter(event_id, delivery.id))
            try:
                await self._commits.apply(change)
            except ChangedMeanwhile as changed:
                stored = changed.stored
            else:
                return True
        return False

    async def forget_subject(self, subject_id: str, subjects: Sequence[DataSubject]) -> Removed:
        """Remove the person's records and cached copies.

        Call it after the person's events are forgotten, so that none of them is recorded again.
        """
        kinds = sorted({s.record_kind for s in subjects if s.record_kind})
        cached_keys = sorted({s.cached_key_of(subject_id) for s in subjects if s.cached_key})
        # One by one: a full Redis refuses transactions.
        delete = self._redis.delete
        return Removed(
            [kind for kind in kinds if await delete(keys.record(kind, subject_id))],
            [key for key in cached_keys if await delete(key)],
        )


def _without_content(delivery: Delivery, now: datetime) -> Delivery:
    """Return what is kept of a delivery; one that was not sent is skipped."""
    if delivery.state in {DeliveryState.SENT, DeliveryState.SKIPPED}:
        return replace(delivery, reason="", missed=False)
    sending = delivery.state is DeliveryState.SENDING
    return replace(
        delivery,
        state=DeliveryState.SKIPPED,
        reason=_SKIPPED_WHILE_SENDING if sending else _SKIPPED,
        updated_at=now,
        next_at=None,
        token="",
    )


def _is_among(subject_id: str, ids: Sequence[object]) -> bool:
    """Compare ids as handlers read them: without surrounding whitespace, numbers as text."""
    return subject_id.strip() in (found.strip() for found in ids if isinstance(found, str))
