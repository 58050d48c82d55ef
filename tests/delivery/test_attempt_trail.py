"""The steps that retries, rate limits and interrupted attempts add to an event's trail."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.delivery.attempt import Attempts
from bot.delivery.rate_limit import RateLimiter
from bot.delivery.sender import ActiveTransport
from bot.errors import DeliveryError, LeaseLost
from bot.metrics.recorder import Metrics
from bot.model import Delivery
from bot.model.outgoing import RateLimit
from bot.store import Store
from bot.transports.registry import TRANSPORTS
from tests.delivery.conftest import (
    TO_EMAIL,
    TO_SLACK,
    ScriptedSender,
    attempt,
    open_event,
    stored,
)
from tests.factories import NOW, seconds
from tests.stored_events import read

RATE_LIMITED = DeliveryError.rate_limited("Slack asks to wait 7 s", timedelta(seconds=7))


@dataclass
class World:
    """Makes attempts with `sender` at the time `now`, each by a worker of its own."""

    store: Store
    sender: ScriptedSender = field(default_factory=ScriptedSender)
    now: datetime = NOW
    rate_limiter: RateLimiter | None = None

    async def attempt(self, delivery: Delivery) -> None:
        transports = {
            t.name: ActiveTransport(
                lambda notification: notification.template, self.sender, t.resent_note
            )
            for t in TRANSPORTS
        }
        metrics = Metrics(self.store.counters, ["search.completed"])
        limiter = self.rate_limiter or RateLimiter()
        attempts = Attempts(self.store, transports, metrics, lambda: self.now, rate_limiter=limiter)
        await attempt(attempts, delivery)

    async def steps(self) -> list[tuple[str, str]]:
        """Return the steps after the first two, which are received and handled."""
        return [(step.what, step.detail) for step in (await read(self.store)).trail[2:]]


@pytest.fixture
async def world(store: Store) -> World:
    await open_event(store, TO_SLACK, TO_EMAIL)
    return World(store)


async def test_a_first_attempt_has_no_note(world: World) -> None:
    await world.attempt(TO_SLACK)
    assert await world.steps() == [("sending", ""), ("sent", "")]


async def test_a_rate_limit_shows_its_delay_and_that_it_uses_no_attempt(
    world: World,
) -> None:
    world.sender.outcome = RATE_LIMITED
    await world.attempt(TO_SLACK)
    assert (await world.steps())[-1] == (
        "retrying",
        "rate limited, waits 7 s, uses no attempt (Slack asks to wait 7 s)",
    )


async def test_several_rate_limits_are_counted_when_it_is_sent(world: World) -> None:
    world.sender.outcome = RATE_LIMITED
    for _ in range(3):
        await world.attempt(TO_SLACK)
    world.sender = ScriptedSender()
    await world.attempt(TO_SLACK)
    steps = [what for what, _ in await world.steps()]
    assert steps == ["sending", "retrying", "sent"]
    assert (await world.steps())[-1] == ("sent", "delayed 3 times by a rate limit")


@pytest.mark.parametrize(
    ("delivery", "finds", "expected"),
    [
        (TO_SLACK, True, "found in the channel, not posted again"),
        (TO_SLACK, False, "not found in the channel, so posted now"),
        (
            TO_EMAIL,
            False,
            "sent again under the same Message-ID, since it may not have arrived before",
        ),
    ],
)
async def test_after_a_lost_reply_the_note_says_what_was_done(
    world: World, delivery: Delivery, *, finds: bool, expected: str
) -> None:
    world.sender.outcome = DeliveryError.transient(
        "the connection to Slack broke", maybe_delivered=True
    )
    await world.attempt(delivery)
    world.sender = ScriptedSender(finds=finds)
    await world.attempt(delivery)
    assert await world.steps() == [
        ("sending", ""),
        ("retrying", "the connection to Slack broke"),
        ("sending", ""),
        ("sent", expected),
    ]


async def test_an_interrupted_attempt_shows_when_it_was_taken_over(world: World) -> None:
    world.sender = ScriptedSender(LeaseLost("killed during the call"))
    with pytest.raises(LeaseLost):
        await world.attempt(TO_SLACK)
    world.sender, world.now = ScriptedSender(finds=True), NOW + seconds(15.2)
    await world.attempt(TO_SLACK)
    assert await world.steps() == [
        ("sending", ""),
        ("sending", "interrupted, taken over 15.2 s after it began"),
        ("sent", "found in the channel, not posted again"),
    ]


async def test_an_interruption_after_a_rate_limit_is_shown_too(world: World) -> None:
    world.sender.outcome = RATE_LIMITED
    await world.attempt(TO_SLACK)
    world.sender = ScriptedSender(LeaseLost("killed during the call"))
    with pytest.raises(LeaseLost):
        await world.attempt(TO_SLACK)
    world.sender, world.now = ScriptedSender(), NOW + seconds(20)
    await world.attempt(TO_SLACK)
    assert [what for what, _ in await world.steps()] == ["sending", "retrying", "sending", "sent"]
    assert (await world.steps())[2][1] == "interrupted, taken over 20 s after it began"


async def test_an_interruption_is_shown_also_if_a_rate_limit_postpones_the_next_attempt(
    world: World,
) -> None:
    world.sender = ScriptedSender(LeaseLost("killed during the call"))
    with pytest.raises(LeaseLost):
        await world.attempt(TO_SLACK)
    world.now, world.rate_limiter = NOW + seconds(20), RateLimiter(lambda: 0.0)
    limit = RateLimit(str(TO_SLACK.destination), seconds(1))
    world.rate_limiter.back_off(limit, "another one", seconds(3))
    await world.attempt(TO_SLACK)
    assert await world.steps() == [
        ("sending", ""),
        ("sending", "interrupted, taken over 20 s after it began"),
        (
            "retrying",
            "rate limited, waits 4 s, uses no attempt (waiting behind the rate limit)",
        ),
    ]
    assert (await stored(world.store)).maybe_delivered
