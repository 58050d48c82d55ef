"""The outcomes of one attempt, as they are stored."""

from dataclasses import replace
from datetime import timedelta

from redis.asyncio import Redis

from bot.delivery.attempt import Attempts
from bot.delivery.backoff import RATE_LIMIT_TOLERANCE
from bot.delivery.notice import notices_about
from bot.delivery.rate_limit import RateLimiter
from bot.delivery.recipients import Recipients
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
from bot.store.change import Change
from bot.store.queue import JOBS, QUEUE
from tests.delivery.conftest import TO_EMAIL, TO_SLACK, ScriptedSender, attempt, stored
from tests.factories import NOW, seconds
from tests.run_jobs import delivery_job, event_job, report_job
from tests.stored_events import read

DEAD = DeadLetter("evt_1", TO_SLACK.id)
OPERATORS = Recipients({Audience.OPERATORS: (Destination(Transport.SLACK, "C0ALERTS"),)})


async def test_a_sent_delivery_has_its_receipt_and_ends_its_job(
    attempts: Attempts, store: Store, redis: Redis
) -> None:
    await attempt(attempts, TO_SLACK)
    assert (await stored(store)).state is DeliveryState.SENT
    assert (await stored(store)).receipt == "C1/1.1"
    assert await redis.zcard(JOBS) == 0


async def test_a_run_without_deliveries_ends_its_job(attempts: Attempts, redis: Redis) -> None:
    await attempt(attempts)
    assert await redis.zscore(JOBS, str(event_job())) is None


async def test_a_transient_error_is_retried_by_a_job_of_its_own(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    sender.outcome = DeliveryError.transient("503 from Slack", maybe_delivered=True)
    await attempt(attempts, TO_SLACK)
    delivery = await stored(store)
    assert (delivery.state, delivery.reason) == (DeliveryState.RETRYING, "503 from Slack")
    assert delivery.next_at == NOW + seconds(3)
    assert (delivery.maybe_delivered, delivery.own_job) == (True, True)
    assert await redis.zrange(QUEUE, 0, -1) == [str(delivery_job(TO_SLACK.id)).encode()]


async def test_maybe_delivered_stays_until_it_is_sent(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.transient("reply lost", maybe_delivered=True)
    await attempt(attempts, TO_SLACK)
    sender.outcome = DeliveryError.transient("connection refused")
    await attempt(attempts, TO_SLACK)
    assert (await stored(store)).maybe_delivered is True


async def test_a_rate_limit_uses_no_attempt(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.rate_limited("ratelimited", timedelta(seconds=7))
    await attempt(attempts, TO_SLACK)
    delivery = await stored(store)
    assert (delivery.attempts, delivery.next_at) == (0, NOW + seconds(9))


async def test_waiting_behind_the_rate_limit_neither_uses_nor_returns_an_attempt(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """Otherwise a delivery that fails and waits alternately would be attempted forever."""
    sender.outcome = DeliveryError.transient("503 from Slack")
    await attempt(attempts, TO_SLACK)
    limit = sender.rate_limit(await _destination(store))
    attempts.rate_limiter.back_off(limit, "another delivery", seconds(7))
    await attempt(attempts, TO_SLACK)
    delivery = await stored(store)
    assert (delivery.attempts, delivery.waits, len(sender.seen)) == (1, 1, 1)
    assert delivery.reason == "waiting behind the rate limit"


async def _destination(store: Store) -> Destination:
    found = (await stored(store)).destination
    assert found is not None
    return found


async def test_a_rate_limit_that_lasts_too_long_uses_attempts(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.rate_limited("SMTP 421 too busy", timedelta(seconds=30))
    age = RATE_LIMIT_TOLERANCE + timedelta(minutes=1)
    late = replace(attempts, clock=lambda: NOW + age, jitter=lambda: 0.0)
    for number in range(1, 9):
        await attempt(replace(late, rate_limiter=RateLimiter()), TO_SLACK)
        assert (await stored(store)).attempts == number
    await attempt(replace(late, rate_limiter=RateLimiter()), TO_SLACK)
    assert (await stored(store)).state is DeliveryState.FAILED
    assert (await stored(store)).reason == "SMTP 421 too busy"


async def test_a_permanent_error_is_a_dead_letter_at_once(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    sender.outcome = DeliveryError.permanent("channel_not_found")
    await attempt(attempts, TO_SLACK)
    assert (await stored(store)).state is DeliveryState.FAILED
    assert await store.dead_letters(NOW) == [DEAD]
    assert await redis.zrange(QUEUE, 0, -1) == [str(report_job("evt_1", TO_SLACK.id)).encode()]


async def failure_notice(attempts: Attempts, sender: ScriptedSender) -> Delivery:
    """Fail TO_SLACK, and return the notice about it; the sender keeps failing."""
    sender.outcome = DeliveryError.permanent("channel_not_found")
    await attempt(attempts, TO_SLACK)
    change = Change(await read(attempts.store), NOW)
    [notice] = notices_about(change.stored, DEAD, OPERATORS, {})
    change.put(notice)
    await attempts.store.commits.apply(change)
    return notice


async def test_a_failed_notice_causes_no_further_notice(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    notice = await failure_notice(attempts, sender)
    await attempt(attempts, notice)
    assert (await stored(store, notice)).state is DeliveryState.FAILED
    assert await redis.zscore(QUEUE, str(report_job("evt_1", notice.id))) is None
    assert await store.dead_letters(NOW) == [DEAD]
    await store.counters.flush()
    assert [*(await store.counters.totals())["notices"].values()] == [1]


def fail_to_render(_: Notification) -> str:
    raise RenderError("template search.completed/slack.json.j2: 'x' is undefined")


async def test_a_template_error_is_a_dead_letter(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    broken = {Transport.SLACK: ActiveTransport(fail_to_render, sender)}
    await attempt(replace(attempts, transports=broken), TO_SLACK)
    delivery = await stored(store)
    assert delivery.state is DeliveryState.FAILED
    assert delivery.reason == "template search.completed/slack.json.j2: 'x' is undefined"


async def test_a_bug_in_a_sender_is_retried_and_its_reason_has_no_payload(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = ValueError("secret-payload")
    await attempt(attempts, TO_SLACK)
    delivery = await stored(store)
    assert (delivery.state, delivery.reason) == (DeliveryState.RETRYING, "unexpected ValueError")
    assert delivery.maybe_delivered is True


async def test_a_delivery_that_is_no_longer_wanted_is_skipped_with_the_reason(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """Its transport is off by now, or its handler does not ask for it any more."""
    await attempt(attempts, TO_EMAIL)
    await attempt(attempts, TO_SLACK, notifications=())
    skipped = [(d.state, d.reason) for d in (await read(store)).deliveries]
    assert skipped == [
        (DeliveryState.SKIPPED, "its handler does not ask for it any more"),
        (DeliveryState.SKIPPED, "email is not configured any more"),
    ]
    assert sender.seen == []


async def test_attempts_are_counted_and_timed(attempts: Attempts, store: Store) -> None:
    await attempt(attempts, TO_SLACK)
    await store.counters.flush()
    totals = await store.counters.totals()
    assert totals["deliveries"] == {(("channel", "slack"), ("outcome", "sent")): 1}
    assert totals["delivery_seconds_sum"] == {(("channel", "slack"),): 2.0}
    assert sum(totals["attempt_seconds"].values()) == 1
