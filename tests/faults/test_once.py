"""End to end: an accepted event reaches every destination once, or its failure is reported."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.model import DeadLetter, Delivery, DeliveryState
from tests.app import Bot, envelope
from tests.polling import until
from tests.stored_events import deliveries_of


async def settled(bot: Bot, event_id: str = "evt_1") -> list[Delivery]:
    """Wait until all deliveries of the event are settled, and return them."""
    unsettled = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING}

    async def all_are() -> bool:
        deliveries = await deliveries_of(bot.jobs.store, event_id)
        return bool(deliveries) and not {d.state for d in deliveries} & unsettled

    await until(all_are)
    return await deliveries_of(bot.jobs.store, event_id)


async def test_an_event_arrives_in_slack_and_by_mail(bot: Bot) -> None:
    assert (await bot.receive(envelope())).status_code == 200
    [post] = await bot.slack.wait_for(1)
    [mail] = await bot.inbox.wait_for(1)
    assert post.channel == "C0RECRUIT"
    assert post.text == "Search completed with 1,204 results"
    assert mail.recipients == ("recruiter@example.com",)
    assert mail.message["Subject"] == "Search completed: 1,204 candidates"
    assert [d.state for d in await settled(bot)] == [DeliveryState.SENT] * 2


async def test_data_that_does_not_fit_is_a_dead_letter_with_a_reason(bot: Bot) -> None:
    assert (await bot.receive(envelope(resultCount=3))).status_code == 200
    [notice] = await bot.slack.wait_for(1)
    assert notice.channel == "C0ALERTS"
    stored = await bot.jobs.store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == ("dead", "data.searchId is missing")
    assert await bot.jobs.store.dead_letters(utc_now()) == [DeadLetter("evt_1")]


async def test_an_enriched_profile_is_recorded_and_its_cached_copy_deleted(
    bot: Bot, redis: Redis
) -> None:
    await redis.set("profile:prof_1", "stale")
    await bot.receive(
        envelope(event_type="profile.enriched", profileId="prof_1", fields=["email", "phone"])
    )
    [delivery] = await settled(bot)
    assert (delivery.state, delivery.reason) == (
        DeliveryState.SKIPPED,
        "nobody has subscribed to it",
    )
    assert await redis.exists("profile:prof_1") == 0
    profile = await bot.jobs.store.records.get("profile", "prof_1")
    assert profile is not None
    assert profile.fields["fields"] == ["email", "phone"]
    assert bot.slack.calls("chat.postMessage") == []


async def test_an_event_is_delivered_after_a_pause_of_redis(bot: Bot) -> None:
    await bot.jobs.store.redis.client_pause(int(timedelta(milliseconds=300).total_seconds() * 1000))
    await bot.receive(envelope())
    await bot.slack.wait_for(1)
    await settled(bot)
    assert len(bot.slack.posts) == 1
