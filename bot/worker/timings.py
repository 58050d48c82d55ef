"""The intervals and timeouts of a worker."""

from dataclasses import dataclass
from datetime import timedelta

from bot.store.retry import RETRY_INTERVAL


@dataclass(frozen=True, slots=True)
class WorkerTimings:
    """The defaults are for production; tests pass their own."""

    heartbeat_interval: timedelta = timedelta(seconds=5)
    """The longest that an idle worker waits for a job. The heartbeat is a write, so it also detects a
    Redis that was demoted to a replica."""
    heartbeat_lifetime: timedelta = timedelta(seconds=6)
    lease_duration: timedelta = timedelta(seconds=14)
    """A killed worker's jobs can be taken by another worker after this time."""
    renewal_interval: timedelta = timedelta(seconds=5)
    redis_retry_interval: timedelta = RETRY_INTERVAL
    """Between two attempts to renew or end a lease while Redis is unavailable."""
    lease_tolerance: timedelta = timedelta(seconds=1)
    """A worker stops using a lease this long before Redis expires it, so that two workers never
    both think they hold it."""
    retry_after_fault: timedelta = timedelta(seconds=1)
    retry_after_bug: timedelta = timedelta(minutes=1)
    """After an unexpected exception, and for a job that only a newer release knows."""
    job_timeout: timedelta = timedelta(hours=2)
    """Longer than the sum of all timeouts for one mail. The lease is renewed while a job runs."""
    shutdown_timeout: timedelta = timedelta(seconds=20)
    """How long SIGTERM waits for running jobs; Heroku sends SIGKILL after 30 seconds."""
    requeue_timeout: timedelta = timedelta(seconds=3)
    """How long a job that was cancelled at shutdown may take to return to the queue."""


PRODUCTION = WorkerTimings()
