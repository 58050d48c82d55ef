"""Jobs, in the form that arq stores in Redis."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from arq.constants import health_check_key_suffix, job_key_prefix
from arq.jobs import serialize_job
from pydantic_core import to_json

from bot.model import milliseconds, to_ms

JOBS = "juicebox:jobs"
QUEUE = "juicebox:jobs:queue"
"""Not arq's default queue: other arq applications on the same Redis would take our jobs."""
RUNNING = "juicebox:jobs:running"
LEASES = "juicebox:jobs:leases"
WAKE = "juicebox:jobs:wake"
"""A list that a waiting worker pops from."""
JOB_KEYS = (JOBS, QUEUE, RUNNING, LEASES, WAKE)
"""The first keys of every script that changes jobs, in the order of `scripts/lib/jobs.lua`."""
HEARTBEAT = QUEUE + health_check_key_suffix
JOB_KEY = job_key_prefix

_LONGER_THAN_EVENTS = timedelta(days=2)


class Task(StrEnum):
    """The functions that a worker can run."""

    EVENT = "handle_event"
    DELIVERY = "retry_delivery"
    DEAD_LETTER = "report_dead_letter"
    DESTINATION = "send_waiting"
    NOTICE = "update_notices"


@dataclass(frozen=True, slots=True)
class JobId:
    """What a job does: a task for an event, for one of its deliveries, or for a destination.

    Its text, `<task>:<delivery id>:<event id>`, is the same for the same work, so that a second job
    replaces the first one. `task` is a name that this release need not know. For a task of a destination,
    `event_id` is the text of the destination.
    """

    task: str
    event_id: str
    delivery_id: str = ""

    def __str__(self) -> str:
        return f"{self.task}:{self.delivery_id}:{self.event_id}"

    @property
    def logged(self) -> str:
        """Its text for the log: without the address of a destination, which may be a person's."""
        if self.task != Task.DESTINATION:
            return str(self)
        return f"{self.task}:{self.delivery_id}:{self.event_id.partition(':')[0]}"

    @classmethod
    def parse(cls, text: str) -> "JobId":
        """Read the text of a job's id.

        Raises:
            ValueError: if it is not one.
        """
        task, _, subject = text.partition(":")
        delivery_id, colon, event_id = subject.partition(":")
        if not colon or not event_id:
            raise ValueError(f"a job's id must be <task>:<delivery id>:<event id>, got {text!r}")
        return cls(task, event_id, delivery_id)


def encode_job(
    job: JobId, now: datetime, retention: timedelta, delay: timedelta = timedelta()
) -> Mapping[str, Any]:
    """Return a job as the scripts write it: `PSETEX arq:job:<id> ttl blob`, `ZADD <queue> due <id>`.

    It is due after `delay`, by the clock of Redis: the clocks of our machines differ. Its key outlives
    the event, since arq drops expired jobs silently.
    """
    text = str(job)
    ids = (job.event_id, job.delivery_id) if job.delivery_id else (job.event_id,)
    blob = serialize_job(job.task, ids, {}, None, to_ms(now), serializer=_serialize)
    return {
        "id": text,
        "key": JOB_KEY + text,
        "blob": blob.decode(),
        "delay": max(0, milliseconds(delay)),
        "ttl": milliseconds(retention + _LONGER_THAN_EVENTS),
    }


def _serialize(value: dict[str, Any]) -> bytes:
    """Write JSON instead of arq's pickle, since a pickle read from Redis can run code."""
    return to_json(value)
