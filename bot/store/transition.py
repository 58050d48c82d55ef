"""State transitions of events and deliveries, each in one atomic step."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from redis.asyncio import Redis

from bot.model import DeadLetter, Step, to_ms
from bot.store import keys
from bot.store.queue import QUEUE, Job
from bot.store.scripts import LuaScript
from bot.store.trail import encode_step


@dataclass(frozen=True, slots=True)
class Transition:
    """What `transition.lua` does in one atomic step to a subject, an event or a delivery.

    `id` is the same for every attempt at the same transition. `expect` gives the values that fields
    must have. `adds_dead_letter` and `removes_dead_letter` change the list of dead letters, `job` is
    enqueued.
    """

    subject: str
    trail: str
    expect: Mapping[str, str]
    set: Mapping[str, str]
    step: Step
    job: Job | None = None
    adds_dead_letter: DeadLetter | None = None
    removes_dead_letter: DeadLetter | None = None
    uses_attempt: bool = True
    id: str = field(default_factory=lambda: uuid4().hex)


class Transitions:
    """Applies transitions. A transition may be repeated, for example if the reply was lost."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._script = LuaScript(redis, "transition")
        self._retention = retention

    async def apply(self, transition: Transition) -> bool:
        """Return False, and change nothing, if the subject does not have the expected values."""
        job_key = transition.job.key if transition.job else QUEUE
        names = [transition.subject, transition.trail, keys.DEAD, QUEUE, job_key, keys.UNFINISHED]
        return bool(await self._script(names, [json.dumps(self._encode(transition))]))

    def _encode(self, transition: Transition) -> dict[str, object]:
        encoded: dict[str, object] = {
            "id": transition.id,
            "expect": dict(transition.expect),
            "set": dict(transition.set),
            "step": encode_step(transition.step),
            "uses_attempt": transition.uses_attempt,
        }
        now = transition.step.at
        if transition.adds_dead_letter:
            encoded["dead"] = {
                "add": str(transition.adds_dead_letter),
                "at": to_ms(now),
                "oldest": to_ms(now - self._retention),
                "ttl": int(self._retention / timedelta(milliseconds=1)),
            }
        elif transition.removes_dead_letter:
            encoded["dead"] = {"remove": str(transition.removes_dead_letter)}
        if transition.job:
            encoded["job"] = encode_job(transition.job, self._retention)
        return encoded


def encode_job(job: Job, retention: timedelta) -> dict[str, object]:
    """Return the job as the scripts expect it."""
    ttl = job_ttl_ms(retention)
    return {"id": job.id, "blob": job.blob.decode(), "delay": job.delay_ms, "ttl": ttl}


def job_ttl_ms(retention: timedelta) -> int:
    """Return the lifetime of a job's key. It outlives the event, since arq drops expired jobs silently."""
    return int((retention + timedelta(days=2)) / timedelta(milliseconds=1))
