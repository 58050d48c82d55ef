"""Quiet hours in a channel, for tests of what waits for it."""

from dataclasses import replace
from datetime import datetime, time

from bot.model import Destination, Event
from bot.model.schedule import QuietHours
from bot.model.subscription import Place
from bot.store.queue import JobId, Task
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW, SLACK, make_event, seconds
from tests.run_jobs import event_job, run_job
from tests.stored_events import accept

QUIET = Place(quiet=QuietHours(time(14), time(16)))
MORNING = NOW.replace(hour=16, minute=0)
SEND_WAITING = JobId(Task.DESTINATION, str(SLACK))


def at(tasks: WorkerTasks, now: datetime) -> WorkerTasks:
    """Return the tasks at another time."""
    attempts = replace(tasks.attempts, clock=lambda: now)
    summaries = replace(tasks.summaries, attempts=attempts)
    return replace(tasks, clock=lambda: now, attempts=attempts, summaries=summaries)


async def choose(tasks: WorkerTasks, place: Place, to: Destination = SLACK) -> None:
    await tasks.store.places.edit(to, lambda _: place, NOW)


async def handle(tasks: WorkerTasks, *events: Event) -> None:
    for number, event in enumerate(events):
        await accept(tasks.store, event)
        await run_job(at(tasks, tasks.clock() + seconds(number)), event_job(event.id))


def search(number: int, count: int = 1204) -> Event:
    data = {"searchId": f"srch_{number}", "resultCount": count}
    return make_event(f"evt_{number}", data=data)
