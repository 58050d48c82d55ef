"""Recent events in the Home tab: in words, with their outcome, for those who may see them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from slack_bolt.async_app import AsyncApp

from bot.delivery import transitions
from bot.delivery.subscriptions import Decision
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Delivery, Destination, Transport
from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.context import AppContext
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event
from tests.slack_app.stored import SEARCH, open_to, settle
from tests.slack_app.traffic import SECRET
from tests.slack_app.visitor import Visitor, run_worker, visiting
from tests.stored_events import accept, apply, dead_letter, handle, leave_unhandled

ME = Destination(Transport.SLACK, "U0RECRUITER")
SOMEBODY = Destination(Transport.SLACK, "U0OPERATOR")
LATER = NOW + timedelta(hours=8)


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    await run_worker(store)
    async with visiting(bolt, slack_api) as person:
        yield person


@pytest.fixture
async def plain_member(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> AsyncIterator[Visitor]:
    """A member who does not act for the operators."""
    await run_worker(store)
    bolt = create_bolt(
        signing_secret=SECRET,
        context=replace(context, admins=frozenset({"U0OPERATOR"})),
        timeouts=Timeouts(),
    )
    async with visiting(bolt, slack_api) as person:
        yield person


Settle = Callable[[Store, Delivery], Any]


async def sent(store: Store, delivery: Delivery) -> None:
    await settle(store, delivery, "sent")


async def waiting(store: Store, delivery: Delivery) -> None:
    pass


async def retrying(store: Store, delivery: Delivery) -> None:
    await settle(store, delivery, "retrying", "Slack says internal_error")


async def failed(store: Store, delivery: Delivery) -> None:
    await settle(store, delivery, "failed", "Slack says channel_not_found")


async def held(store: Store, delivery: Delivery) -> None:
    await apply(store, lambda c: transitions.decided(c, delivery, Decision(held_until=LATER)))


def skipped(reason: str) -> Settle:
    async def skip(store: Store, delivery: Delivery) -> None:
        await apply(store, lambda c: transitions.skipped(c, delivery, reason))

    return skip


DATE = "<!date^1768516200^{date_short_pretty} at {time}|15 Jan 2026, 22:30 UTC>"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (sent, "✅ Sent to <#C0RECRUIT>"),
        (waiting, "⏳ Waiting to be sent to <#C0RECRUIT>"),
        (
            retrying,
            "🔁 Waiting to be sent to <#C0RECRUIT>: the last try failed, the next one is <!date^",
        ),
        (failed, "❌ Could not be sent to <#C0RECRUIT>"),
        (held, f"🌙 Waiting for <#C0RECRUIT>: quiet hours until {DATE}"),
        (
            skipped("muted until 2026-01-15 22:30 UTC"),
            f"🔕 Left out for <#C0RECRUIT>: muted until {DATE}",
        ),
        (skipped("muted until it is unmuted"), "🔕 Left out for <#C0RECRUIT>: muted"),
        (skipped("paused: it is archived"), "🔕 Left out for <#C0RECRUIT>: it is archived"),
        (
            skipped("its handler changed"),
            "🔕 Left out for <#C0RECRUIT>: it was not needed",
        ),
    ],
)
async def test_an_outcome_in_words(visitor: Visitor, store: Store, end: Settle, words: str) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await end(store, delivery)
    text = await visitor.open()
    assert words in text
    assert "1,204 results" in text


async def test_the_same_outcome_is_told_once(visitor: Visitor, store: Store) -> None:
    for delivery in await open_to(store, "evt_1", SLACK, MAIL):
        await settle(store, delivery, "sent")
    assert "✅ Sent to <#C0RECRUIT> and recruiter@example.com" in await visitor.open()


async def test_an_event_without_messages_has_its_state(visitor: Visitor, store: Store) -> None:
    for event_id in ("evt_new", "evt_dead", "evt_other"):
        await accept(store, make_event(event_id))
    await dead_letter(store, "evt_dead")
    await leave_unhandled(store, "evt_other")
    text = await visitor.open()
    assert "⏳ Waiting to be sent" in text
    assert "❌ Could not be sent: I could not read it. The operators know" in text
    assert "🔕 Left out: nobody has subscribed to this kind of event" in text


async def test_nobody_who_gets_it_is_told_with_the_reason(visitor: Visitor, store: Store) -> None:
    await accept(store, make_event("evt_1", data=SEARCH))
    nobody = make_delivery("evt_1", None, reason="nobody has subscribed to it")
    await handle(store, nobody, event_id="evt_1")
    await apply(store, lambda c: transitions.skipped(c, nobody, nobody.reason))
    assert "🔕 Left out: nobody has subscribed to it" in await visitor.open()


async def test_a_member_sees_nothing_of_other_people(plain_member: Visitor, store: Store) -> None:
    for delivery in await open_to(store, "evt_1", SLACK, SOMEBODY, ME):
        await settle(store, delivery, "sent")
    [private] = await open_to(store, "evt_2", SOMEBODY)
    await settle(store, private, "failed", "a reason for operators")
    text = await plain_member.open()
    assert "✅ Sent to <#C0RECRUIT> and <@U0RECRUITER>" in text
    assert "U0OPERATOR" not in text
    assert text.count("1,204 results") == 1
    assert "a reason" not in text
    assert "Everything is working" in text


async def test_nobody_reads_keys_and_commands_in_it(visitor: Visitor, store: Store) -> None:
    """Every member acts for the operators if no admins are named, and most are recruiters."""
    data = {"newKeyPrefix": "jb_live_9Zq1", "rotatedAt": "2026-01-15T14:30:00Z"}
    await accept(store, make_event("evt_key", "key.rotated", data=data))
    mine = make_delivery("evt_key", ME, template="key.rotated", thread="key")
    await handle(store, mine, event_id="evt_key")
    await settle(store, mine, "sent")
    text = await visitor.open()
    assert "*Juicebox API key rotated." in text
    assert "jb_live_9Zq1" not in text
    assert "JUICEBOX_API_KEY" not in text


async def test_members_know_of_failures_in_words(plain_member: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", "Slack says channel_not_found")
    text = await plain_member.open()
    assert (
        "*⚠️ 1 message could not be sent.* Everything else is working. The operators know." in text
    )
    assert "channel_not_found" not in text
    assert "Retry" not in plain_member.labels


async def test_a_guest_sees_only_what_was_for_the_guest(
    visitor: Visitor, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(is_guest=True)
    for event_id, to in (("evt_1", SLACK), ("evt_2", ME)):
        for delivery in await open_to(store, event_id, to):
            await settle(store, delivery, "sent")
    await accept(store, make_event("evt_3", "profile.enriched"))
    text = await visitor.open()
    assert "✅ Sent to <@U0RECRUITER>" in text
    assert "<#C0RECRUIT>" not in text
    assert "Profile enriched" not in text


async def test_a_stopped_worker_and_a_late_message_are_told(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "sent")
    for job in await store.redis.zrange("juicebox:jobs:queue", 0, -1):
        await store.redis.zadd("juicebox:jobs:queue", {job: 1})
    assert "*⚠️ Messages are late.* The oldest has waited for" in await visitor.open()
    await store.redis.delete("juicebox:jobs:queue:health-check")
    assert "*⚠️ Messages are waiting.* The part of me that sends them" in await visitor.open()


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands and pipelines that were sent to Redis."""
    trips: list[str] = []
    one, many = Redis.execute_command, Pipeline.execute

    async def command(self: Redis, *words: Any, **options: Any) -> Any:
        trips.append(str(words[0]))
        return await one(self, *words, **options)

    async def pipeline(self: Pipeline, raise_on_error: bool = True) -> Any:  # noqa: FBT002 - redis-py's
        trips.extend(["pipeline"] if len(self) else [])
        return await many(self, raise_on_error)

    monkeypatch.setattr(Redis, "execute_command", command)
    monkeypatch.setattr(Pipeline, "execute", pipeline)
    return trips


@pytest.mark.parametrize("count", [0, 3, 40])
async def test_six_round_trips_whatever_the_number_of_events(
    visitor: Visitor, store: Store, count: int, round_trips: list[str]
) -> None:
    for n in range(count):
        [delivery] = await open_to(store, f"evt_{n}", SLACK)
        await settle(store, delivery, "failed", "gone")
    round_trips.clear()
    await visitor.open()
    assert len(round_trips) <= 6, round_trips


async def test_older_events_can_be_found(visitor: Visitor, store: Store) -> None:
    for n in range(12):
        [delivery] = await open_to(store, f"evt_{n}", SLACK)
        await settle(store, delivery, "sent")
    text = await visitor.open()
    assert text.count("✅ Sent to") == 8
    assert "and older ones: /juicebox why finds one by its words" in text
