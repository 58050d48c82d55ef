"""A person is forgotten while a worker handles an event about that person."""

from redis.asyncio import Redis

from bot.model import EventState
from bot.registry import load_registry
from bot.settings import Settings
from bot.store.commit import DONE
from bot.wiring import build_jobs
from tests.factories import NOW, make_event
from tests.run_jobs import event_job, take
from tests.stored_events import accept, read


async def test_a_run_that_has_begun_records_nothing_about_the_person(
    settings: Settings, redis: Redis
) -> None:
    """The worker has read the event already, but its handler has not run."""
    tasks = build_jobs(settings)
    store = tasks.store
    profile = {"profileId": "prof_1", "fields": {"email": "person@example.com"}}
    await accept(store, make_event("evt_1", "profile.enriched", data=profile))
    job = await take(tasks, event_job())
    assert b"person@example.com" in job.fields[b"body"]
    await store.forgetting.forget_event("evt_1", NOW)
    await store.forgetting.forget_subject("prof_1", load_registry().subjects)
    assert await tasks.run(job) is DONE
    assert await redis.keys("juicebox:record:*") == []
    assert "person@example.com" not in str(await redis.hgetall("juicebox:event:evt_1"))
    stored = await read(store)
    assert (stored.state, stored.deliveries) == (EventState.FORGOTTEN, ())
    await tasks.close()
