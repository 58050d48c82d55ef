"""`/juicebox test`: a sample goes the whole way to one place, and the time it took is told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncApp

from bot.clock import utc_now
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import Conversation
from bot.fakes.smtp import Inbox
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.sample_message import SampleTiming, send_sample
from bot.store import Store
from bot.store.queue import HEARTBEAT
from tests.app import MakeSettings, running_worker
from tests.slack_app.asking import lines, person, shown

ON_ITS_WAY = "A test message is on its way {}, and nowhere else. I'll tell you how long it took."
CHANNEL, DIRECT = ON_ITS_WAY.format("to this channel"), ON_ITS_WAY.format("to you directly")
AT_ONCE = SampleTiming(timedelta(), timedelta())
"""It is looked once."""


@pytest.fixture
def context(context: AppContext) -> AppContext:
    """The worker's clock, since events are not old."""
    return replace(context, clock=utc_now)


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with person(bolt, slack_api) as someone:
        yield someone


@pytest.fixture
async def worker(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> AsyncIterator[None]:
    settings = make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)
    async with running_worker(settings):
        yield


@pytest.mark.usefixtures("worker")
async def test_it_arrives_here_only_and_the_time_it_took_is_told(
    recruiter: Person, slack_api: LocalSlack, inbox: Inbox, context: AppContext, store: Store
) -> None:
    await recruiter.say("C0ALERTS", "/juicebox test")
    assert shown(slack_api)[0] == CHANNEL
    [post] = await slack_api.wait_for(1)
    await context.background.finish()
    assert (post.channel, post.text[:21]) == ("C0ALERTS", "Test: Search complete")
    [_, told] = shown(slack_api)
    assert told.startswith("✅ The test message has arrived. It took ")
    assert told.endswith(" s from when I took it in until Slack had it.")
    assert len(slack_api.posts) == 1
    assert inbox.mails == []
    assert await store.events.counts_since(utc_now() - timedelta(hours=1), utc_now()) == {}


@pytest.mark.usefixtures("worker")
async def test_in_a_direct_message_it_goes_to_the_person(
    recruiter: Person, slack_api: LocalSlack, inbox: Inbox, context: AppContext
) -> None:
    slack_api.workspace.direct_message("U0RECRUITER")
    await recruiter.say("D0RECRUITER", "/juicebox test")
    assert shown(slack_api)[0] == DIRECT
    await context.background.finish()
    assert [post.channel for post in slack_api.posts] == ["D0RECRUITER"]
    assert inbox.mails == []
    assert shown(slack_api)[1].startswith("✅ The test message has arrived.")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("restricted_action", "I am not allowed to post there"),
        ("is_archived", "that channel is archived"),
    ],
)
async def test_a_failure_is_told_in_words_and_to_the_asker_alone(
    recruiter: Person,
    slack_api: LocalSlack,
    context: AppContext,
    inbox: Inbox,
    store: Store,
    *,
    error: str,
    why: str,
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.error(error)])
    await recruiter.say("C0RECRUIT", "/juicebox test")
    await context.background.finish()
    assert shown(slack_api)[1] == f"❌ The test message could not be sent to this channel: {why}."
    assert (slack_api.posts, inbox.mails) == ([], [])
    assert await store.dead_letters(utc_now()) == []


@pytest.mark.parametrize(
    ("conversation", "line"),
    [
        (Conversation("C0OTHER", "other", is_member=False), "/invite @Juicebox"),
        (Conversation("C0OLD", "old", is_archived=True), "This channel is archived"),
    ],
)
async def test_where_the_bot_cannot_post_nothing_is_sent(
    http: httpx.AsyncClient,
    slack_api: LocalSlack,
    store: Store,
    conversation: Conversation,
    line: str,
) -> None:
    slack_api.workspace.add(conversation)
    [answer] = await lines(http, "test", channel_id=conversation.id)
    assert line in answer
    assert await store.events.latest(10) == []


async def test_a_private_channel_that_the_bot_is_not_in_is_answered_with_invite(
    http: httpx.AsyncClient, store: Store
) -> None:
    """Slack says that there is no such channel."""
    [answer] = await lines(http, "test", channel_id="C0SECRET")
    assert "/invite @Juicebox" in answer
    assert await store.events.latest(10) == []


@pytest.mark.parametrize(
    "fault", [HttpFault.status(500), HttpFault.error("missing_scope"), HttpFault.hang()]
)
async def test_a_slack_that_does_not_say_whether_the_bot_is_there_is_tried(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, fault: HttpFault
) -> None:
    slack_api.plan_faults("conversations.info", [fault])
    assert await lines(http, "test") == [CHANNEL]
    assert len(await store.events.latest(10)) == 1


@pytest.mark.parametrize(
    ("alive", "line"),
    [
        (True, "⏳ The test message has not arrived yet. It is still on its way."),
        (
            False,
            (
                "⚠️ The test message waits, as everything does: the worker is not running. It has to be"
                " started where I run."
            ),
        ),
    ],
)
async def test_what_is_seen_when_the_time_is_up_is_told(
    slack_api: LocalSlack, context: AppContext, redis: Redis, line: str, *, alive: bool
) -> None:
    if alive:
        await redis.set(HEARTBEAT, "alive")
    asker = Asker("U0RECRUITER", "C0RECRUIT", slack_api.response_url("C0RECRUIT"))
    await send_sample(context, asker, AT_ONCE)
    await context.background.finish()
    assert shown(slack_api) == [line]


async def test_what_goes_on_is_stopped_with_the_process(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> None:
    async with context.background.running():
        asker = Asker("U0RECRUITER", "C0RECRUIT", slack_api.response_url("C0RECRUIT"))
        await send_sample(context, asker)
        assert context.background._tasks
    assert not context.background._tasks
    assert shown(slack_api) == []
