"""What a job is, and how it is written so that an arq worker can run it."""

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
"""Not arq's default: other arq applications may share the Redis, and would take our jobs."""
HEARTBEAT = QUEUE + health_check_key_suffix
LEASE_KEY = "juicebox:lease:"
JOB_KEY = job_key_prefix
OLD_QUEUE = default_queue_name
"""Where release 0.3.0 puts its jobs, also while it runs next to this one in a rolling deploy."""
OLD_LEASE_KEY = in_progress_key_prefix


class Task(StrEnum):
    """The functions a worker knows. Each takes one id and nothing else."""

    EVENT = "handle_event"
    DELIVERY = "retry_delivery"
    DEAD_LETTER = "report_dead_letter"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as arq stores it: `PSETEX arq:job:<id> ttl_ms blob`, `ZADD <queue> due_ms <id>`.

    It is due `delay_ms` after it is written, by Redis' own clock: those of our machines may differ.
    """

    id: str
    blob: bytes
    delay_ms: int = 0

    @property
    def key(self) -> str:
        return JOB_KEY + self.id


def job_id(task: Task, subject_id: str) -> str:
    """One job for each task and subject: writing it again replaces it and never doubles it."""
    return f"{task}:{subject_id}"


def new_job(task: Task, subject_id: str, *, now: datetime, due: datetime | None = None) -> Job:
    """The job that runs `task` for `subject_id` as soon as it is `due`, which is `now` by default."""
    enqueued = to_ms(now)
    blob = serialize_job(task, (subject_id,), {}, None, enqueued, serializer=serialize)
    delay_ms = max(0, to_ms(due) - enqueued) if due else 0
    return Job(job_id(task, subject_id), blob, delay_ms)


def serialize(value: dict[str, Any]) -> bytes:
    """JSON, since arq's default is pickle, and a pickle read back from Redis can run code."""
    return json.dumps(value, separators=(",", ":")).encode()


def deserialize(blob: bytes) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(blob)
    return loaded
