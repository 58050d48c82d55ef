"""A running job's lease: valid while it is renewed, and checked before what cannot be undone."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import LeaseLost
from bot.store.commit import Run
from bot.store.job_queue import TakenJob
from bot.worker.running import RunningJob
from bot.worker.timings import PRODUCTION
from tests.run_jobs import event_job


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def job(clock: Clock) -> RunningJob:
    return RunningJob(TakenJob(Run(event_job(), "token", 1), {}), clock(), PRODUCTION, clock)


def test_the_lease_is_14_seconds() -> None:
    """So that a killed worker's jobs run on another worker within 16, also if that takes a moment."""
    assert PRODUCTION.lease_duration == timedelta(seconds=14)


def test_it_ends_a_second_before_redis_expires_it(job: RunningJob, clock: Clock) -> None:
    """A paused process notices by its own clock, without asking Redis."""
    clock.now = 112.9
    job.check_lease()
    clock.now = 113.1
    with pytest.raises(LeaseLost):
        job.check_lease()


def test_a_renewal_extends_it_from_when_it_was_asked_for(job: RunningJob, clock: Clock) -> None:
    """The reply may have taken a while."""
    clock.now = 113
    job.renewed(asked_at=110)
    clock.now = 122.9
    job.check_lease()
    clock.now = 123.1
    assert job.is_expired


async def test_a_job_that_loses_its_lease_is_cancelled(job: RunningJob) -> None:
    job.task = asyncio.create_task(asyncio.sleep(3_600))
    job.lose()
    await asyncio.wait({job.task})
    assert job.task.cancelled()
    with pytest.raises(LeaseLost):
        job.check_lease()
