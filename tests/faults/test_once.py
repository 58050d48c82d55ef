"""The promise, end to end: what was answered 200 reaches every destination once, or is seen to fail."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.demo.faults import Fault, SmtpFault
from bot.model import Delivery, DeliveryState
from bot.queue import QUEUE
from tests.running import Bot, envelope
from tests.waiting import until


async def settled(bot: Bot, event_id: str = "evt_1") -> list[Delivery]:
    """The event's deliveries, as soon as none of them is on its way any more."""
    on_the_way = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING}

    async def all_are() -> bool:
        deliveries = await bot.jobs.store.ledger.of_event(event_id)
        return bool(deliveries) and not {d.state for d in deliveries} & on_the_way

    await until(all_are)
    return await bot.jobs.store.ledger.of_event(event_id)


async def queue_is_empty(redis: Redis) -> None:
    async def empty() -> bool:
        return not await redis.zcard(QUEUE)

    await until(empty)


def gaps(moments: Iterable[float]) -> list[float]:
    ordered = sorted(moments)
    return [later - earlier for earlier, later in pairwise(ordered)]


async def test_an_event_arrives_in_slack_and_by_mail(bot: Bot) -> None:
    assert (await bot.receive(envelope())).status_code == 200
    [post] = await bot.slack.wait_for(1)
    [mail] = await bot.inbox.wait_for(1)
    assert post.channel == "C0RECRUIT"
    assert post.text == "Search completed with 1,204 results"
    assert mail.recipients == ("recruiter@example.com",)
    assert mail.message["Subject"] == "Search completed with 1,204 results"
    assert [d.state for d in await settled(bot)] == [DeliveryState.SENT] * 2


async def test_500_identical_deliveries_at_once_are_one_job_one_post_and_one_mail(
    patient_web: None, bot: Bot, redis: Redis
) -> None:
    body = envelope()
    answers = await asyncio.gather(*(bot.receive(body) for _ in range(500)))
    assert [a.status_code for a in answers] == [200] * 500
    await settled(bot)
    await queue_is_empty(redis)
    steps = [step.what for step in await bot.jobs.store.events.trail("evt_1")]
    assert steps.count("received") == 1
    assert steps.count("handled") == 1
    assert len(bot.slack.calls("chat.postMessage")) == 1
    assert len(bot.inbox.mails) == 1


async def test_a_duplicate_after_completion_changes_nothing(bot: Bot, redis: Redis) -> None:
    body = envelope()
    await bot.receive(body)
    await settled(bot)
    await queue_is_empty(redis)
    assert (await bot.receive(body)).status_code == 200
    assert await redis.zcard(QUEUE) == 0
    assert len(bot.slack.posts) == 1


async def test_a_failing_mailbox_never_reposts_to_slack(bot: Bot) -> None:
    bot.inbox.script("RCPT", [SmtpFault.reply_with(451), SmtpFault.reply_with(451)])
    await bot.receive(envelope())
    await bot.inbox.wait_for(1)
    assert [d.state for d in await settled(bot)] == [DeliveryState.SENT] * 2
    assert len(bot.slack.calls("chat.postMessage")) == 1
    assert bot.inbox.commands.count("RCPT") == 3


async def test_500_500_ok_from_slack_are_calls_at_0_1_and_3_seconds(bot: Bot) -> None:
    bot.slack.script("chat.postMessage", [Fault.status(500), Fault.status(500)])
    await bot.receive(envelope())
    await bot.slack.wait_for(1, timeout=8)
    first, second = gaps(call.at for call in bot.slack.calls("chat.postMessage"))
    assert 1.0 <= first < 1.6
    assert 2.0 <= second < 2.6
    await settled(bot)
    assert len(bot.slack.posts) == 1
    assert len(bot.inbox.mails) == 1


async def test_a_missing_channel_is_one_call_one_dead_letter_and_one_notice(
    bot: Bot, redis: Redis
) -> None:
    bot.slack.script("chat.postMessage", [Fault.error("channel_not_found")])
    await bot.receive(envelope())
    [notice] = await bot.slack.wait_for(1)
    await bot.inbox.wait_for(2)
    await settled(bot)
    await queue_is_empty(redis)
    calls = [c.arguments["channel"] for c in bot.slack.calls("chat.postMessage")]
    assert calls == ["C0RECRUIT", "C0ALERTS"]
    assert len(await bot.jobs.store.dead_letters(utc_now())) == 1
    assert notice.channel == "C0ALERTS"
    told = sorted(mail.recipients[0] for mail in bot.inbox.mails)
    assert told == ["operator@example.com", "recruiter@example.com"]


async def test_a_dead_letter_that_is_retried_by_hand_arrives_once(bot: Bot) -> None:
    bot.slack.script("chat.postMessage", [Fault.error("not_in_channel")])
    await bot.receive(envelope())
    await bot.inbox.wait_for(2)
    [dead] = [d for d in await settled(bot) if d.state is DeliveryState.FAILED]
    store = bot.jobs.store
    assert await store.ledger.revive(dead, bot.jobs.clock()) is True
    await settled(bot)
    assert [p.channel for p in bot.slack.posts].count("C0RECRUIT") == 1
    assert await store.dead_letters(utc_now()) == []


async def test_slack_takes_the_message_and_drops_the_connection(bot: Bot) -> None:
    """The next attempt finds the message by its metadata and posts nothing."""
    bot.slack.script("chat.postMessage", [Fault.lost_reply()])
    await bot.receive(envelope())
    delivery = next(d for d in await settled(bot) if d.destination.channel == "slack")
    assert delivery.state is DeliveryState.SENT
    assert len(bot.slack.posts) == 1
    assert delivery.receipt == f"C0RECRUIT/{bot.slack.posts[0].ts}"


async def test_the_mail_server_takes_the_mail_and_drops_the_connection(bot: Bot) -> None:
    """Nobody can look into a mailbox: it is repeated, under the Message-ID that it had."""
    bot.inbox.script("DATA", [SmtpFault.lost_reply()])
    await bot.receive(envelope())
    first, second = await bot.inbox.wait_for(2)
    assert first.message["Message-ID"] == second.message["Message-ID"]
    await settled(bot)
    assert len(bot.slack.posts) == 1


async def test_a_rate_limit_is_waited_out_and_uses_up_no_attempt(bot: Bot) -> None:
    bot.slack.script("chat.postMessage", [Fault.rate_limited(2)])
    await bot.receive(envelope())
    await bot.slack.wait_for(1, timeout=8)
    [wait] = gaps(call.at for call in bot.slack.calls("chat.postMessage"))
    assert 2.0 <= wait < 2.6
    delivery = next(d for d in await settled(bot) if d.destination.channel == "slack")
    assert delivery.attempts == 1


async def test_data_that_does_not_fit_is_a_dead_letter_with_a_reason(bot: Bot) -> None:
    assert (await bot.receive(envelope(resultCount=3))).status_code == 200
    [notice] = await bot.slack.wait_for(1)
    assert notice.channel == "C0ALERTS"
    stored = await bot.jobs.store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == ("dead", "data.searchId is missing")
    assert await bot.jobs.store.dead_letters(utc_now()) == ["event:evt_1"]


async def test_a_type_without_handler_is_kept_and_no_error(bot: Bot, redis: Redis) -> None:
    await bot.receive(envelope(event_type="sourcing.paused"))
    await queue_is_empty(redis)
    stored = await bot.jobs.store.events.get("evt_1")
    assert stored is not None
    assert stored.state == "unhandled"
    assert bot.slack.calls("chat.postMessage") == []


async def test_exactly_80_percent_is_kept_and_notifies_nobody(bot: Bot, redis: Redis) -> None:
    await bot.receive(envelope(event_type="quota.warning", usage=800, limit=1000))
    await queue_is_empty(redis)
    assert await bot.jobs.store.ledger.of_event("evt_1") == []
    quota = await bot.jobs.store.records.get("quota", "latest")
    assert quota is not None
    assert quota.fields["usage"] == 800


async def test_just_above_80_percent_tells_the_operators(bot: Bot) -> None:
    await bot.receive(envelope(event_type="quota.warning", usage=840, limit=1000))
    [post] = await bot.slack.wait_for(1)
    [mail] = await bot.inbox.wait_for(1)
    assert post.channel == "C0ALERTS"
    assert post.text == "Juicebox quota at 84.0%: 840 of 1,000 used"
    assert mail.recipients == ("operator@example.com",)


async def test_an_enriched_profile_is_kept_and_its_stale_copy_dropped(
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


async def test_an_export_is_kept_with_its_link(bot: Bot) -> None:
    link = "https://exports.example.com/exp_1.csv?signature=a&b=c"
    await bot.receive(envelope(event_type="export.ready", exportId="exp_1", downloadUrl=link))
    [post] = await bot.slack.wait_for(1)
    assert _button(post.blocks)["url"] == link
    export = await bot.jobs.store.records.get("export", "exp_1")
    assert export is not None
    assert export.fields["downloadUrl"] == link


async def test_what_waits_for_redis_drains_when_it_returns(bot: Bot) -> None:
    """A pause of Redis in the middle of the traffic."""
    await bot.jobs.store.redis.client_pause(int(timedelta(milliseconds=300).total_seconds() * 1000))
    await bot.receive(envelope())
    await bot.slack.wait_for(1)
    await settled(bot)
    assert len(bot.slack.posts) == 1


def _button(blocks: Iterable[Any]) -> dict[str, Any]:
    elements = [e for block in blocks if block["type"] == "actions" for e in block["elements"]]
    found: dict[str, Any] = elements[0]
    return found
