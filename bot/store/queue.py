"""Jobs, in the form that arq stores in Redis."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from arq.constants import (
    default_queue_name,
    health_check_key_suffix,
    in_progress_key_prefix,
    job_key_prefix,
)
from arq.jobs import serialize_job

from bot.model import to_ms

QUEUE = "juicebox:queue"
"""Not arq's default queue: other arq applications on the same Redis would take our jobs."""
HEARTBEAT = QUEUE + health_check_key_suffix
LEASE_KEY = "juicebox:lease:"
JOB_KEY = job_key_prefix
OLD_QUEUE = default_queue_name
"""The queue of release 0.3.0, which may run alongside this one in a rolling deploy."""
OLD_LEASE_KEY = in_progress_key_prefix


class Task(StrEnum):
    """The functions that a worker can run. Each takes one id and nothing else."""

    EVENT = "handle_event"
    DELIVERY = "retry_delivery"
    DEAD_LETTER = "report_dead_letter"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as arq stores it: `PSETEX arq:job:<id> ttl_ms blob`, `ZADD <queue> due_ms <id>`.

    It is due `delay_ms` after it is written, by the clock of Redis: the clocks of our machines differ.
    """

    id: str
    blob: bytes
    delay_ms: int = 0

    @property
    def key(self) -> str:
        return JOB_KEY + self.id


def job_id(task: Task, subject_id: str) -> str:
    """Return the same id for the same task and subject, so that a second job replaces the first one."""
    return f"{task}:{subject_id}"


def new_job(task: Task, subject_id: str, *, now: datetime, due: datetime | None = None) -> Job:
    """Return the job that runs `task` for `subject_id` at `due`, or right away."""
    enqueued = to_ms(now)
    blob = serialize_job(task, (subject_id,), {}, None, enqueued, serializer=serialize)
    delay_ms = max(0, to_ms(due) - enqueued) if due else 0
    return Job(job_id(task, subject_id), blob, delay_ms)


def serialize(value: dict[str, Any]) -> bytes:
    """Write JSON instead of arq's pickle, since a pickle read from Redis can run code."""
    return json.dumps(value, separators=(",", ":")).encode()


def deserialize(blob: bytes) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(blob)
    return loaded
