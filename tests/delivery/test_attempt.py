"""One attempt: what each outcome of a send leaves in the ledger."""

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
from tests.delivery.conftest import LETTER, OWNER, POST, ScriptedSender, kept, still_ours
from tests.factories import NOW, seconds

OPERATORS = SettingsRecipients({Audience.OPERATORS: (Destination(Transport.SLACK, "C0ALERTS"),)})


async def test_what_is_sent_is_settled_with_its_receipt(attempts: Attempts, store: Store) -> None:
    await attempts.make(POST, OWNER, still_ours)
    assert (await kept(store)).state is DeliveryState.SENT
    assert (await kept(store)).receipt == "C1/1.1"


async def test_what_is_settled_is_not_sent_again(
    attempts: Attempts, sender: ScriptedSender
) -> None:
    for _ in range(2):
        await attempts.make(POST, OWNER, still_ours)
    assert len(sender.seen) == 1


async def test_a_passing_fault_is_tried_again_by_a_job_of_its_own(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    sender.outcome = DeliveryError.transient("503 from Slack", maybe_delivered=True)
    await attempts.make(POST, OWNER, still_ours)
    delivery = await kept(store)
    assert (delivery.state, delivery.reason) == (DeliveryState.RETRYING, "503 from Slack")
    assert delivery.next_at == NOW + seconds(3)
    assert delivery.maybe_delivered is True
    assert await redis.zscore(QUEUE, f"retry_delivery:{POST.id}") is not None


async def test_maybe_delivered_stays_until_it_is_sent(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.transient("reply lost", maybe_delivered=True)
    await attempts.make(POST, OWNER, still_ours)
    sender.outcome = DeliveryError.transient("connection refused")
    await attempts.make(POST, f"retry_delivery:{POST.id}", still_ours)
    assert (await kept(store)).maybe_delivered is True


async def test_a_rate_limit_uses_up_no_attempt(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.rate_limited("ratelimited", timedelta(seconds=7))
    await attempts.make(POST, OWNER, still_ours)
    delivery = await kept(store)
    assert (delivery.attempts, delivery.next_at) == (0, NOW + seconds(9))


async def test_a_rate_limit_that_never_ends_uses_attempts_in_the_end(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = DeliveryError.rate_limited("SMTP 421 too busy", timedelta(seconds=30))
    age = RATE_LIMIT_TOLERANCE + timedelta(minutes=1)
    late = replace(attempts, clock=lambda: NOW + age, jitter=lambda: 0.0)
    owner = OWNER
    for attempt in range(1, 9):
        await replace(late, rate_limiter=RateLimiter()).make(POST, owner, still_ours)
        owner = f"retry_delivery:{POST.id}"
        assert (await kept(store)).attempts == attempt
    await replace(late, rate_limiter=RateLimiter()).make(POST, owner, still_ours)
    assert (await kept(store)).state is DeliveryState.FAILED
    assert (await kept(store)).reason == "SMTP 421 too busy"


async def test_a_lasting_fault_is_a_dead_letter_at_once(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    sender.outcome = DeliveryError.permanent("channel_not_found")
    await attempts.make(POST, OWNER, still_ours)
    assert (await kept(store)).state is DeliveryState.FAILED
    assert await store.dead_letters(NOW) == [DeadLetter.delivery(POST.id)]
    assert await redis.zscore(QUEUE, f"report_dead_letter:delivery:{POST.id}") is not None


async def notice_of_failed(attempts: Attempts, sender: ScriptedSender) -> Delivery:
    """A notice of the delivery POST, which has failed."""
    sender.outcome = DeliveryError.permanent("channel_not_found")
    await attempts.make(POST, OWNER, still_ours)
    [notice] = await notices_of_delivery(await kept(attempts.store), OPERATORS)
    await attempts.store.ledger.add("evt_1", [notice], OWNER, NOW)
    return notice


async def test_of_a_dead_notice_no_notice_is_sent(
    attempts: Attempts, sender: ScriptedSender, store: Store, redis: Redis
) -> None:
    notice = await notice_of_failed(attempts, sender)
    await attempts.make(notice, OWNER, still_ours)
    assert (await kept(store, notice)).state is DeliveryState.FAILED
    assert await redis.zscore(QUEUE, f"report_dead_letter:delivery:{notice.id}") is None
    await store.counters.flush()
    assert [*(await store.counters.totals())["notices"].values()] == [1]


def failing(_: Notification) -> str:
    raise RenderError("template search.completed/slack.json.j2: 'x' is undefined")


async def test_a_template_that_fails_is_a_dead_letter(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    broken = {Transport.SLACK: ActiveTransport(failing, sender)}
    await replace(attempts, transports=broken).make(POST, OWNER, still_ours)
    delivery = await kept(store)
    assert delivery.state is DeliveryState.FAILED
    assert delivery.reason == "template search.completed/slack.json.j2: 'x' is undefined"


async def test_a_bug_in_a_sender_is_tried_again_and_names_no_payload(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    sender.outcome = ValueError("secret-payload")
    await attempts.make(POST, OWNER, still_ours)
    delivery = await kept(store)
    assert (delivery.state, delivery.reason) == (DeliveryState.RETRYING, "unexpected ValueError")
    assert delivery.maybe_delivered is True


async def test_a_channel_that_is_off_by_now_is_skipped(attempts: Attempts, store: Store) -> None:
    await attempts.make(LETTER, OWNER, still_ours)
    delivery = await kept(store, LETTER)
    assert delivery.state is DeliveryState.SKIPPED
    assert delivery.reason == "email is not configured any more"


async def test_attempts_are_counted_and_timed(attempts: Attempts, store: Store) -> None:
    await attempts.make(POST, OWNER, still_ours)
    await store.counters.flush()
    totals = await store.counters.totals()
    assert totals["deliveries"] == {(("channel", "slack"), ("outcome", "sent")): 1}
    assert totals["delivery_seconds_sum"] == {(("channel", "slack"),): 2.0}
    assert sum(totals["attempt_seconds"].values()) == 1
