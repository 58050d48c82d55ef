"""What people follow comes until nothing has come about it for the retention time."""

import asyncio
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.model import Destination, Transport, choices
from bot.model.subscription import Place, Subscription
from bot.store import Store, keys
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker
from tests.factories import NOW, make_event
from tests.polling import until
from tests.run_jobs import event_job, run_job
from tests.stored_events import accept, deliveries_of
from tests.worker.quiet_hours import at

PERSON = Destination(Transport.SLACK, "U0RECRUITER")
DAY = timedelta(days=1)
RETENTION = timedelta(days=30)


async def handle(tasks: WorkerTasks, event_id: str, now: datetime, search: str = "srch_1") -> None:
    data = {"searchId": search, "resultCount": 3}
    event = make_event(event_id, timestamp=now, data=data)
    await accept(tasks.store, event, now=now)
    await run_job(at(tasks, now), event_job(event_id))


async def follow(store: Store, search: str = "srch_1") -> None:
    await store.places.edit(
        PERSON, lambda place: choices.follow(place, f"search:{search}", "U0RECRUITER", NOW), NOW
    )


async def rules(store: Store) -> tuple[Subscription, ...]:
    return (await store.places.get(PERSON)).subscriptions


async def reached(store: Store, event_id: str) -> bool:
    return any(d.destination == PERSON for d in await deliveries_of(store, event_id))


async def test_everything_about_it_comes_and_nothing_else(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await follow(tasks.store)
    await handle(tasks, "evt_1", NOW)
    await handle(tasks, "evt_2", NOW, search="srch_2")
    direct = [post.text for post in slack_api.posts if post.channel == "D0RECRUITER"]
    assert direct == ["Search completed with 3 results"]


async def test_it_ends_after_a_silence_of_the_retention_time(tasks: WorkerTasks) -> None:
    await follow(tasks.store)
    await handle(tasks, "evt_1", NOW + RETENTION + timedelta(seconds=1))
    assert not await reached(tasks.store, "evt_1")


async def test_each_day_with_something_about_it_counts_anew(tasks: WorkerTasks) -> None:
    await follow(tasks.store)
    await handle(tasks, "evt_1", NOW + 20 * DAY)
    assert [rule.applied_at for rule in await rules(tasks.store)] == [NOW + 20 * DAY]
    await handle(tasks, "evt_2", NOW + 45 * DAY)
    assert await reached(tasks.store, "evt_2")
    await handle(tasks, "evt_3", NOW + 76 * DAY)
    assert not await reached(tasks.store, "evt_3")


async def test_it_is_written_once_a_day(tasks: WorkerTasks, redis: Redis) -> None:
    await follow(tasks.store)
    await handle(tasks, "evt_1", NOW + 2 * DAY)
    version = await redis.get(keys.PLACES_VERSION)
    await handle(tasks, "evt_2", NOW + 3 * DAY)
    assert await redis.get(keys.PLACES_VERSION) == version
    await handle(tasks, "evt_3", NOW + 3 * DAY + timedelta(seconds=1))
    assert await redis.get(keys.PLACES_VERSION) != version


async def test_another_rule_that_gives_the_same_keeps_it_alive(tasks: WorkerTasks) -> None:
    everything = Subscription(("*",), "U0RECRUITER", NOW)
    await tasks.store.places.edit(PERSON, lambda _: Place((everything,)), NOW)
    await follow(tasks.store)
    await handle(tasks, "evt_1", NOW + 20 * DAY)
    assert [rule.applied_at for rule in await rules(tasks.store)] == [None, NOW + 20 * DAY]


async def test_an_edit_removes_what_has_expired(tasks: WorkerTasks) -> None:
    await follow(tasks.store, "srch_1")
    late = NOW + RETENTION + timedelta(seconds=1)
    await tasks.store.places.edit(
        PERSON, lambda place: choices.follow(place, "search:srch_2", "U0RECRUITER", late), late
    )
    assert [rule.follows for rule in await rules(tasks.store)] == ["search:srch_2"]


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
async def test_a_worker_removes_what_has_expired(
    tasks: WorkerTasks, redis: Redis, days: int, left: int
) -> None:
    await follow(tasks.store)
    await tasks.store.places.prune(NOW + days * DAY)
    assert len(await rules(tasks.store)) == left
    assert await redis.hlen(keys.PLACES) == left  # type: ignore[misc]  # redis-py's types


async def test_so_does_every_reconciliation(tasks: WorkerTasks) -> None:
    await follow(tasks.store)

    async def is_removed() -> bool:
        return not await rules(tasks.store)

    worker = Worker(at(tasks, NOW + 31 * DAY))
    running = asyncio.create_task(worker.run())
    await until(is_removed)
    worker.stop()
    await running
