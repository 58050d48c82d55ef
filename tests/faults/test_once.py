"""End to end: an accepted event reaches every destination once, or its failure is reported."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.model import DeadLetter, Delivery, DeliveryState
from bot.store.queue import QUEUE
from tests.app import Bot, envelope
from tests.polling import until


async def settled(bot: Bot, event_id: str = "evt_1") -> list[Delivery]:
    """Wait until all deliveries of the event are settled, and return them."""
    unsettled = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING}

    async def all_are() -> bool:
        deliveries = await bot.jobs.store.ledger.of_event(event_id)
        return bool(deliveries) and not {d.state for d in deliveries} & unsettled

    await until(all_are)
    return await bot.jobs.store.ledger.of_event(event_id)


async def queue_is_empty(redis: Redis) -> None:
    async def empty() -> bool:
        return not await redis.zcard(QUEUE)

    await until(empty)


async def test_an_event_arrives_in_slack_and_by_mail(bot: Bot) -> None:
    assert (await bot.receive(envelope())).status_code == 200
    [post] = await bot.slack.wait_for(1)
    [mail] = await bot.inbox.wait_for(1)
    assert post.channel == "C0RECRUIT"
    assert post.text == "Search completed with 1,204 results"
    assert mail.recipients == ("recruiter@example.com",)
    assert mail.message["Subject"] == "Search completed with 1,204 results"
    assert [d.state for d in await settled(bot)] == [DeliveryState.SENT] * 2


async def test_data_that_does_not_fit_is_a_dead_letter_with_a_reason(bot: Bot) -> None:
    assert (await bot.receive(envelope(resultCount=3))).status_code == 200
    [notice] = await bot.slack.wait_for(1)
    assert notice.channel == "C0ALERTS"
    stored = await bot.jobs.store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == ("dead", "data.searchId is missing")
    assert await bot.jobs.store.dead_letters(utc_now()) == [DeadLetter.event("evt_1")]


async def test_a_type_without_handler_is_kept_and_no_error(bot: Bot, redis: Redis) -> None:
    await bot.receive(envelope(event_type="sourcing.paused"))
    await queue_is_empty(redis)
    stored = await bot.jobs.store.events.get("evt_1")
    assert stored is not None
    assert stored.state == "unhandled"
    assert bot.slack.calls("chat.postMessage") == []


async def test_exactly_80_percent_is_recorded_and_notifies_nobody(bot: Bot, redis: Redis) -> None:
    await bot.receive(envelope(event_type="quota.warning", usage=800, limit=1000))
    await queue_is_empty(redis)
    assert await bot.jobs.store.ledger.of_event("evt_1") == []
    quota = await bot.jobs.store.records.get("quota", "latest")
    assert quota is not None
    assert quota.fields["usage"] == 800


async def test_just_above_80_percent_notifies_the_operators(bot: Bot) -> None:
    await bot.receive(envelope(event_type="quota.warning", usage=840, limit=1000))
    [post] = await bot.slack.wait_for(1)
    [mail] = await bot.inbox.wait_for(1)
    assert post.channel == "C0ALERTS"
    assert post.text == "Juicebox quota at 84.0%: 840 of 1,000 used"
    assert mail.recipients == ("operator@example.com",)


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


async def test_an_export_is_recorded_with_its_link(bot: Bot) -> None:
    link = "https://exports.example.com/exp_1.csv?signature=a&b=c"
    await bot.receive(envelope(event_type="export.ready", exportId="exp_1", downloadUrl=link))
    [post] = await bot.slack.wait_for(1)
    assert _button(post.blocks)["url"] == link
    export = await bot.jobs.store.records.get("export", "exp_1")
    assert export is not None
    assert export.fields["downloadUrl"] == link


async def test_an_event_is_delivered_after_a_pause_of_redis(bot: Bot) -> None:
    await bot.jobs.store.redis.client_pause(int(timedelta(milliseconds=300).total_seconds() * 1000))
    await bot.receive(envelope())
    await bot.slack.wait_for(1)
    await settled(bot)
    assert len(bot.slack.posts) == 1


def _button(blocks: Iterable[Any]) -> dict[str, Any]:
    elements = [e for block in blocks if block["type"] == "actions" for e in block["elements"]]
    found: dict[str, Any] = elements[0]
    return found
