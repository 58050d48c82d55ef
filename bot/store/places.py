"""What people have chosen for each destination: subscriptions, mutes, quiet hours.

One hash, `juicebox:places`, has a field for each destination. Its version changes with every write, so that a
worker notices that what it has cached is out of date.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

import structlog
from pydantic_core import from_json, to_json
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.model import Destination, from_ms, to_ms
from bot.model.choices import unexpired
from bot.model.schedule import QuietHours
from bot.model.subscription import EVERYTHING, Mute, Place, Subscription
from bot.store import keys
from bot.store.codec import UNREADABLE, compact_json
from bot.store.queue import JOB_KEYS, JobId, Task, encode_job
from bot.store.scripts import LuaScript, ScriptRunner

_MINUTES = 60

_log = structlog.get_logger()


class Places:
    """Reads and changes the places. `all` keeps what it has read until the version differs."""

    def __init__(self, redis: Redis, runner: ScriptRunner, retention: timedelta) -> None:
        self._redis = redis
        self._runner = runner
        self._retention = retention
        self._set = LuaScript("set_place")
        self._version: bytes | None = None
        self._cached: Mapping[Destination, Place] = {}

    async def all(self, version: bytes | None = None) -> Mapping[Destination, Place]:
        """Return all places; those that were read last if their version is the given one.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        if version is None or version != self._version:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.get(keys.PLACES_VERSION)
                pipe.hgetall(keys.PLACES)
                found, rows = await pipe.execute()
            self._cached = dict(filter(None, (_read(name, row) for name, row in rows.items())))
            self._version = found or b""
        return self._cached

    async def names(self) -> set[str]:
        """Return the names of the destinations of all places, unreadable ones among them.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        found: list[bytes] = await self._redis.hkeys(keys.PLACES)  # type: ignore[misc]  # redis-py's types
        return {name.decode(errors="replace") for name in found}

    async def get(self, destination: Destination) -> Place:
        """Return what was chosen for the destination; a place without choices if nothing was.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        row = await self._redis.hget(keys.PLACES, str(destination))  # type: ignore[misc]  # redis-py's types
        found = _read(str(destination).encode(), row) if row else None
        return found[1] if found else Place()

    async def edit(
        self, destination: Destination, change: Callable[[Place], Place], now: datetime
    ) -> Place:
        """Apply the change to what is stored at that moment; return what is stored then.

        The job of the destination runs, since what waits for it may be due now. Rules that follow a thread
        are removed once they have expired.

        Raises:
            redis.RedisError: if it is unknown whether it was stored.
        """
        name = str(destination)
        row: bytes | None = await self._redis.hget(keys.PLACES, name)  # type: ignore[misc]  # as above
        while True:
            found = _read(name.encode(), row) if row else None
            place = unexpired(change(found[1] if found else Place()), now, self._retention)
            new = encode_place(place)
            job = encode_job(JobId(Task.DESTINATION, name), now, self._retention)
            argument = {"place": name, "job": {**job, "earliest": True}}
            if new != "{}":
                argument["new"] = new
            reply = await self._runner.run(
                self._set,
                [*JOB_KEYS, keys.PLACES, keys.PLACES_VERSION, keys.waiting(name)],
                [to_json(argument), row if row is not None else b""],
            )
            if reply == 1:
                return place
            [stored] = reply
            if (stored or None) == row:
                raise ResponseError("set_place.lua has answered neither yes nor what is stored")
            row = stored or None

    async def prune(self, now: datetime) -> None:
        """Remove what has expired from places that nobody edits.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        for to, place in (await self.all()).items():
            if unexpired(place, now, self._retention) is not place:
                await self.edit(to, lambda place: place, now)


def encode_place(place: Place) -> str:
    quiet = place.quiet
    return compact_json(
        subscriptions=[
            {
                k: v
                for k, v in {
                    "types": s.types,
                    "by": s.made_by,
                    "at": to_ms(s.made_at),
                    "query": s.query,
                    "min": s.minimum,
                    "follows": s.follows,
                    "except": s.excluded,
                    "applied": s.applied_at and to_ms(s.applied_at),
                }.items()
                if v not in {"", None, ()}
            }
            for s in place.subscriptions
        ],
        unsubscribed=place.unsubscribed,
        mutes=[
            {
                "since": to_ms(mute.since),
                "until": mute.until and to_ms(mute.until),
                "by": mute.made_by,
                "types": mute.types,
                "thread": mute.thread,
            }
            for mute in place.mutes
        ],
        quiet=quiet and [_minutes(quiet.start), _minutes(quiet.end), quiet.weekends],
        zone=place.zone if place.zone != "UTC" else "",
        owner=place.owner,
        paused=place.paused,
        paused_by=place.paused_by,
    )


def decode_place(row: bytes) -> Place:
    """Read what `encode_place` wrote.

    Raises:
        one of UNREADABLE: if it is damaged.
    """
    kept: Mapping[str, Any] = from_json(row)
    quiet = kept.get("quiet")
    return Place(
        subscriptions=tuple(_subscription(given) for given in kept.get("subscriptions", ())),
        unsubscribed=_names(kept.get("unsubscribed", ())),
        mutes=tuple(_mute(given) for given in kept.get("mutes", ())),
        quiet=_quiet(*quiet) if quiet else None,
        zone=str(kept.get("zone", "UTC")),
        owner=str(kept.get("owner", "")),
        paused=str(kept.get("paused", "")),
        paused_by=str(kept.get("paused_by", "")),
    )


def _read(name: bytes, row: bytes) -> tuple[Destination, Place] | None:
    """Return a place, or None if another program has damaged it."""
    try:
        return Destination.parse(name.decode()), decode_place(row)
    except UNREADABLE:
        transport = name.decode(errors="replace").partition(":")[0]
        _log.error("unreadable place", channel=transport)  # `subscriptions` names it
        return None


def _subscription(given: Mapping[str, Any]) -> Subscription:
    minimum, applied = given.get("min"), given.get("applied")
    return Subscription(
        types=_names(given["types"]),
        made_by=str(given["by"]),
        made_at=from_ms(given["at"]),
        query=str(given.get("query", "")),
        minimum=None if minimum is None else int(minimum),
        follows=str(given.get("follows", "")),
        excluded=_names(given.get("except", ())),
        applied_at=None if applied is None else from_ms(applied),
    )


def _mute(given: Mapping[str, Any]) -> Mute:
    until = given.get("until")
    return Mute(
        since=from_ms(given["since"]),
        until=None if until is None else from_ms(until),
        made_by=str(given["by"]),
        types=_names(given.get("types", (EVERYTHING,))),
        thread=str(given.get("thread", "")),
    )


def _quiet(start: Any, end: Any, weekends: Any) -> QuietHours:
    return QuietHours(_time(start), _time(end), weekends is True)


def _names(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        raise TypeError("must be a list")
    return tuple(str(name) for name in given)


def _minutes(moment: time) -> int:
    return moment.hour * _MINUTES + moment.minute


def _time(minutes: Any) -> time:
    return time(*divmod(int(minutes), _MINUTES))
