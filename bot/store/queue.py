"""Jobs, in the form that arq stores in Redis."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from arq.constants import (
    default_queue_name,
    health_check_key_suffix,
    in_progress_key_prefix,
    job_key_prefix,
)
from arq.jobs import serialize_job
from pydantic_core import to_json

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
    """What a worker can run. The argument is the id of an event or a delivery, or a dead letter."""

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


def job_id(task: Task, argument: str) -> str:
    """Return the same id for the same task and argument, so a second job replaces the first one."""
    return f"{task}:{argument}"


def new_job(task: Task, argument: str, *, now: datetime, due: datetime | None = None) -> Job:
    """Return the job that runs `task` with this argument at `due`, or right away."""
    enqueued = to_ms(now)
    # JSON instead of arq's pickle: a pickle read from Redis can run code.
    blob = serialize_job(task, (argument,), {}, None, enqueued, serializer=to_json)
    delay_ms = max(0, to_ms(due) - enqueued) if due else 0
    return Job(job_id(task, argument), blob, delay_ms)
