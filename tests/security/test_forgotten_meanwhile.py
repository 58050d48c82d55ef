"""A person is forgotten while a worker handles an event about that person."""

from redis.asyncio import Redis

from bot.model import EventState
from tests.app import Bot, envelope
from tests.polling import until


async def test_a_run_that_has_begun_records_nothing_about_the_person(
    bot: Bot, redis: Redis
) -> None:
    """The handler has the event already, but its record is not written."""
    store = bot.jobs.store
    profile = {"profileId": "prof_1", "fields": {"email": "person@example.com"}}
    handler = bot.jobs.registry.get("profile.enriched")
    assert handler is not None
    stored = None
    await bot.receive(envelope("evt_1", "profile.enriched", **profile))

    async def handled() -> bool:
        nonlocal stored
        stored = await store.events.get("evt_1")
        return stored is not None and stored.state is EventState.HANDLED

    await until(handled)
    assert stored is not None
    await store.forgetting.forget_event("evt_1", bot.jobs.clock())
    await store.forgetting.forget_subject("prof_1", bot.jobs.registry.subjects)
    await bot.jobs._handle(stored, handler)  # as a run that has read the event before
    assert await redis.keys("juicebox:record:*") == []
    assert "person@example.com" not in str(await redis.hgetall("juicebox:event:evt_1"))
