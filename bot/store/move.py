"""A guarded move from one state to another, with all that goes with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from redis.asyncio import Redis

from bot.model import Step, to_ms
from bot.queue import QUEUE, Job
from bot.store import keys
from bot.store.scripts import Script
from bot.store.trail import encode_step


@dataclass(frozen=True, slots=True)
class Move:
    """What `move.lua` does in one atomic step.

    `id` is the same for every try of the same move. `expect` gives for each field the values that permit the move. `bury` and `unbury` name a dead
    letter that begins or ends with it, `job` is what is to run next.
    """

    subject: str
    trail: str
    expect: Mapping[str, Sequence[str]]
    set: Mapping[str, str]
    step: Step
    job: Job | None = None
    bury: str | None = None
    unbury: str | None = None
    uncount: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)


class Mover:
    """Carries moves out. Repeating a move whose reply was lost changes nothing."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._script = Script(redis, "move")
        self._retention = retention

    async def __call__(self, move: Move, now: datetime) -> bool:
        """False if the subject was not in a state to be moved; then nothing has changed."""
        names = [
            move.subject,
            move.trail,
            keys.DEAD,
            QUEUE,
            move.job.key if move.job else QUEUE,
            keys.UNFINISHED,
        ]
        return bool(await self._script(names, [json.dumps(self._encode(move, now))]))

    def _encode(self, move: Move, now: datetime) -> dict[str, object]:
        encoded: dict[str, object] = {
            "id": move.id,
            "expect": {name: list(values) for name, values in move.expect.items()},
            "set": dict(move.set),
            "step": encode_step(move.step),
            "uncount": move.uncount,
        }
        if move.bury:
            encoded["dead"] = {
                "add": move.bury,
                "at": to_ms(now),
                "oldest": to_ms(now - self._retention),
                "ttl": int(self._retention / timedelta(milliseconds=1)),
            }
        elif move.unbury:
            encoded["dead"] = {"remove": move.unbury}
        if move.job:
            encoded["job"] = encode_job(move.job, self._retention)
        return encoded


def encode_job(job: Job, retention: timedelta) -> dict[str, object]:
    """The job as the scripts take it."""
    return {
        "id": job.id,
        "blob": job.blob.decode(),
        "delay": job.delay_ms,
        "ttl": job_ttl_ms(retention),
    }


def job_ttl_ms(kept: timedelta) -> int:
    """A job outlives what it is about: arq drops a job whose key has expired, and says nothing."""
    return int((kept + timedelta(days=2)) / timedelta(milliseconds=1))
