"""The outcomes of one attempt in the ledger."""

from dataclasses import replace
from datetime import timedelta

from redis.asyncio import Redis

from bot.delivery.attempt import Attempts
from bot.delivery.backoff import RATE_LIMIT_TOLERANCE
from bot.delivery.notice import notices_of_delivery
from bot.delivery.rate_limit import RateLimiter
from bot.delivery.recipients import SettingsRecipients
from bot.delivery.sender import ActiveTransport
from bot.errors import DeliveryError, RenderError
from bot.model import (
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    Notification,
    Transport,
)
from bot.store import Store
from bot.store.queue import QUEUE
from tests.delivery.conftest import OWNER, TO_EMAIL, TO_SLACK, ScriptedSender, held_lease, stored
from tests.factories import NOW, seconds

OPERATORS = SettingsRecipients({Audience.OPERATORS: (Destination(Transport.SLACK, "C0ALERTS"),)})


async def test_a_sent_delivery_has_its_receipt(attempts: Attempts, store: Store) -> None:
    await attempts.make(TO_SLACK, OWNER, held_lease)
    assert (await stored(store)).state is DeliveryState.SENT
    assert (await stored(store)).receipt == "C1/1.1"


async def test_a_settled_delivery_is_not_sent_again(
    attempts: Attempts, sender: ScriptedSender
) -> None:
    for _ in range(2):
        await attempts.make(TO_SLACK, OWNER, held_lease)
    assert len(sender.seen) == 1


async def test_a_transient_error_is_retried_by_a_job_of_its_own(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    sender.outcome = DeliveryError.transient("503 from Slack", maybe_delivered=True)
    await attempts.make(TO_SLACK, OWNER, held_lease)
    delivery = await stored(store)
    assert (delivery.state, delivery.reason) == (DeliveryState.RETRYING, "503 from Slack")
    assert delivery.next_at == NOW + seconds(3)
    assert delivery.maybe_delivered is True
    assert await redis.zscore(QUEUE, f"retry_delivery:{TO_SLACK.id}") is not None


async def test_maybe_delivered_stays_until_it_is_sent(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.transient("reply lost", maybe_delivered=True)
    await attempts.make(TO_SLACK, OWNER, held_lease)
    sender.outcome = DeliveryError.transient("connection refused")
    await attempts.make(TO_SLACK, f"retry_delivery:{TO_SLACK.id}", held_lease)
    assert (await stored(store)).maybe_delivered is True


async def test_a_rate_limit_uses_no_attempt(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.rate_limited("ratelimited", timedelta(seconds=7))
    await attempts.make(TO_SLACK, OWNER, held_lease)
    delivery = await stored(store)
    assert (delivery.attempts, delivery.next_at) == (0, NOW + seconds(9))


async def test_a_rate_limit_that_lasts_too_long_uses_attempts(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.rate_limited("SMTP 421 too busy", timedelta(seconds=30))
    age = RATE_LIMIT_TOLERANCE + timedelta(minutes=1)
    late = replace(attempts, clock=lambda: NOW + age, jitter=lambda: 0.0)
    owner = OWNER
    for attempt in range(1, 9):
        await replace(late, rate_limiter=RateLimiter()).make(TO_SLACK, owner, held_lease)
        owner = f"retry_delivery:{TO_SLACK.id}"
        assert (await stored(store)).attempts == attempt
    await replace(late, rate_limiter=RateLimiter()).make(TO_SLACK, owner, held_lease)
    assert (await stored(store)).state is DeliveryState.FAILED
    assert (await stored(store)).reason == "SMTP 421 too busy"


async def test_a_permanent_error_is_a_dead_letter_at_once(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    sender.outcome = DeliveryError.permanent("channel_not_found")
    await attempts.make(TO_SLACK, OWNER, held_lease)
    assert (await stored(store)).state is DeliveryState.FAILED
    assert await store.dead_letters(NOW) == [DeadLetter.delivery(TO_SLACK.id)]
    assert await redis.zscore(QUEUE, f"report_dead_letter:delivery:{TO_SLACK.id}") is not None


async def failure_notice(attempts: Attempts, sender: ScriptedSender) -> Delivery:
    """Fail TO_SLACK, and return the notice about it; the sender keeps failing."""
    sender.outcome = DeliveryError.permanent("channel_not_found")
    await attempts.make(TO_SLACK, OWNER, held_lease)
    [notice] = await notices_of_delivery(await stored(attempts.store), OPERATORS)
    await attempts.store.ledger.add("evt_1", [notice], OWNER, NOW)
    return notice


async def test_a_failed_notice_causes_no_further_notice(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    notice = await failure_notice(attempts, sender)
    await attempts.make(notice, OWNER, held_lease)
    assert (await stored(store, notice)).state is DeliveryState.FAILED
    assert await redis.zscore(QUEUE, f"report_dead_letter:delivery:{notice.id}") is None
    await store.counters.flush()
    assert [*(await store.counters.totals())["notices"].values()] == [1]


def fail_to_render(_: Notification) -> str:
    raise RenderError("template search.completed/slack.json.j2: 'x' is undefined")


async def test_a_template_error_is_a_dead_letter(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    broken = {Transport.SLACK: ActiveTransport(fail_to_render, sender)}
    await replace(attempts, transports=broken).make(TO_SLACK, OWNER, held_lease)
    delivery = await stored(store)
    assert delivery.state is DeliveryState.FAILED
    assert delivery.reason == "template search.completed/slack.json.j2: 'x' is undefined"


async def test_a_bug_in_a_sender_is_retried_and_its_reason_has_no_payload(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = ValueError("secret-payload")
    await attempts.make(TO_SLACK, OWNER, held_lease)
    delivery = await stored(store)
    assert (delivery.state, delivery.reason) == (DeliveryState.RETRYING, "unexpected ValueError")
    assert delivery.maybe_delivered is True


async def test_a_delivery_on_a_transport_that_is_off_is_skipped(
    attempts: Attempts, store: Store
) -> None:
    await attempts.make(TO_EMAIL, OWNER, held_lease)
    delivery = await stored(store, TO_EMAIL)
    assert delivery.state is DeliveryState.SKIPPED
    assert delivery.reason == "email is not configured any more"


async def test_attempts_are_counted_and_timed(attempts: Attempts, store: Store) -> None:
    await attempts.make(TO_SLACK, OWNER, held_lease)
    await store.counters.flush()
    totals = await store.counters.totals()
    assert totals["deliveries"] == {(("channel", "slack"), ("outcome", "sent")): 1}
    assert totals["delivery_seconds_sum"] == {(("channel", "slack"),): 2.0}
    assert sum(totals["attempt_seconds"].values()) == 1
