"""Forgets a person: what events say of a profile, and what is kept of the profile itself."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from redis.asyncio import Redis

from bot.model import PROFILE_IDS, DeadLetter, EventState, Step, id_text, to_ms
from bot.store import keys
from bot.store.scripts import LuaScript
from bot.store.trail import encode_step

_PAGE = 1_000
_BODIES = 50
"""How many bodies are read at once: at 256 KiB each, 12.8 MB at most."""
_KIND = "profile"
_WHY = "forgotten on request"
_WHILE_SENDING = "forgotten on request while it was being sent: it may have arrived"


@dataclass(frozen=True, slots=True)
class Removed:
    """What was kept of a profile itself, and is not any more."""

    record: bool
    cached_copy: bool


class Forgetting:
    """Each step is atomic and harmless to repeat, also while workers are at work."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._forget = LuaScript(redis, "forget")

    async def events_about(self, profile_id: str) -> AsyncIterator[tuple[str, bool]]:
        """The id of each event of any type that is about this profile, and whether it is readable.

        It is about the profile whose id is in one of the fields that `bot.model.dialects` names.

        Goes through the events themselves: the logs lose them a little before they end. One that
        is not readable may be about anybody.
        """
        page: list[str] = []
        async for raw in self._redis.scan_iter(match=keys.event("*"), count=_PAGE):
            page.append(raw.decode().removeprefix(keys.event("")))
            if len(page) == _BODIES:
                for found in await self._of_page(page, profile_id):
                    yield found
                page.clear()
        for found in await self._of_page(page, profile_id):
            yield found

    async def _of_page(self, event_ids: list[str], profile_id: str) -> list[tuple[str, bool]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.hmget(keys.event(event_id), ["state", "body"])
            rows = await pipe.execute()
        found: list[tuple[str, bool]] = []
        for event_id, (state, body) in zip(event_ids, rows, strict=True):
            if state is None or state == EventState.FORGOTTEN.encode():
                continue
            try:
                about = _is_about(from_json(body)["data"], profile_id)
            except (ValueError, KeyError, TypeError, AttributeError):
                found.append((event_id, False))
            else:
                found += [(event_id, True)] if about else []
        return found

    async def forget_event(self, event_id: str, now: datetime) -> bool:
        """Remove what the event says, and what was to be sent of it; False if there was nothing.

        Its id, its type and its moments stay until it ends by itself: a duplicate is still one.
        """
        names = [
            keys.event(event_id),
            keys.trail(event_id),
            keys.deliveries(event_id),
            keys.DEAD,
        ]
        args: list[str | bytes | int] = [
            *(str(DeadLetter.event(event_id)), str(DeadLetter.delivery("")), keys.delivery("")),
            *(to_ms(now), encode_step(Step(now, "forgotten")), _WHY, _WHILE_SENDING),
        ]
        return bool(await self._forget(names, args))

    async def forget_profile(self, profile_id: str) -> Removed:
        """Remove the record and the cached copy; after the events, so that none writes it again."""
        # Not in a transaction: a full Redis refuses those.
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.delete(keys.record(_KIND, profile_id))
            pipe.delete(keys.cached_copy(_KIND, profile_id))
            record, copy = await pipe.execute()
        return Removed(bool(record), bool(copy))


def _is_about(data: Mapping[str, Any], profile_id: str) -> bool:
    """Ids are compared as handlers read them: without blanks around them, and numbers as text."""
    named = [id_text(data.get(name)) for name in PROFILE_IDS]
    wanted = profile_id.strip()
    return any(isinstance(name, str) and name.strip() == wanted for name in named)
