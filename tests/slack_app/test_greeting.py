"""The bot greets a channel that it was invited into, once for each invitation."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncApp

from bot.fakes.faults import HttpFault
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack import payloads
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_kit import block_errors
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import Conversation
from bot.model import Audience, Destination, Transport
from bot.model.subscription import Subscription
from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from bot.store.greetings import Claim
from tests.factories import NOW
from tests.slack_app.pressing import answer, labels, press, text_of, using
from tests.slack_app.traffic import SECRET, signed

POST = "chat.postMessage"
NEW = Destination(Transport.SLACK, "C0NEW")


@pytest.fixture(autouse=True)
def new_channel(slack_api: LocalSlack) -> Conversation:
    return slack_api.workspace.add(Conversation("C0NEW", "new", is_member=False))


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with using(bolt, slack_api) as person:
        yield person


def joined(channel: str = "C0NEW", **changes: Any) -> dict[str, Any]:
    event: Any = payloads.bot_joined(Conversation(channel, "new"), "U0RECRUITER")
    return {**event, "event": event["event"] | changes}


async def receive(http: httpx.AsyncClient, event: dict[str, Any]) -> int:
    body = json.dumps(event).encode()
    headers = signed(body) | {"Content-Type": "application/json"}
    return (await http.post("/slack/events", content=body, headers=headers)).status_code


async def test_it_greets_the_channel(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await recruiter.say("C0NEW", "/invite @juicebox")
    [post] = slack_api.posts
    assert post.channel == "C0NEW"
    assert block_errors(post.blocks) == []
    assert post.text.startswith("Hello, I am Juicebox.")
    assert "/juicebox subscribe search" in text_of(post)
    assert labels(post) == ["Test"]
    assert [*slack_api.workspace.ephemeral_messages] == []


async def test_the_test_button_answers(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await recruiter.invite_bot("C0NEW")
    await press(recruiter, slack_api.posts[0], "Test")
    assert "on its way" in answer(slack_api)


async def test_it_greets_once_although_slack_repeats_the_event(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await recruiter.invite_bot("C0NEW", sent=3)
    assert len(slack_api.posts) == 1


async def test_each_invitation_is_greeted(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    for _ in range(2):
        await recruiter.invite_bot("C0NEW")
    assert len(slack_api.posts) == 2


async def test_others_who_join_are_not_greeted(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    assert await receive(http, joined(user="U0OPERATOR")) == 200
    assert slack_api.posts == []


async def test_it_says_what_the_settings_send_there(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    for channel in ("C0RECRUIT", "C0ALERTS"):
        assert await receive(http, joined(channel)) == 200
    recruiters, operators = map(text_of, slack_api.posts)
    assert "I will post here: Search completed, Export ready." in recruiters
    assert "Quota warning, Key rotated, and what could not be delivered." in operators


async def test_it_says_what_was_chosen_for_the_channel(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    hostile = Subscription(("*bold*.<!here>", "candidate.replied"), "U1", NOW)
    await store.places.edit(NEW, lambda place: replace(place, subscriptions=(hostile,)), NOW)
    slack_api.workspace.conversations["C0NEW"].is_member = True
    await receive(http, joined())
    text = text_of(slack_api.posts[0])
    assert "Candidate replied." in text
    assert "<!here>" not in text
    everything = Subscription(("*",), "U1", NOW)
    await store.places.edit(NEW, lambda place: replace(place, subscriptions=(everything,)), NOW)
    await receive(http, joined())
    assert "I will post here whatever happens in Juicebox." in text_of(slack_api.posts[1])


async def test_it_says_that_nothing_was_chosen(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await recruiter.invite_bot("C0NEW")
    assert "Nobody has chosen yet what I post here" in text_of(slack_api.posts[0])


async def test_what_was_unsubscribed_is_left_out(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    here = Destination(Transport.SLACK, "C0RECRUIT")
    await store.places.edit(here, lambda p: replace(p, unsubscribed=("search.*",)), NOW)
    await receive(http, joined("C0RECRUIT"))
    assert "I will post here: Export ready." in text_of(slack_api.posts[0])


async def test_a_channel_that_the_settings_name_is_recognized(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> None:
    named = {Audience.RECRUITERS: (Destination(Transport.SLACK, "#new"),)}
    bolt = create_bolt(signing_secret=SECRET, context=replace(context, audiences=named))
    async with using(bolt, slack_api) as recruiter:
        await recruiter.invite_bot("C0NEW")
    assert "I will post here: Search completed, Export ready." in text_of(slack_api.posts[0])


@pytest.mark.parametrize(
    "fault",
    [
        HttpFault.rate_limited(1),
        HttpFault.status(503),
        HttpFault.dropped(),
        HttpFault.lost_reply(),
        HttpFault.hang(),
        HttpFault.hang(accepted=True),
    ],
    ids=["rate limited", "error page", "lost connection", "lost reply", "no answer", "posted"],
)
@pytest.mark.parametrize("timeouts", [Timeouts(answer=timedelta(seconds=0.5))])
async def test_it_is_greeted_once_when_slack_repeats_the_event_after_a_failure(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, fault: HttpFault
) -> None:
    slack_api.workspace.conversations["C0NEW"].is_member = True
    event = joined()
    slack_api.plan_faults(POST, [fault])
    assert await receive(http, event) == 503
    await store.greetings.release(event["event_id"])  # as time does
    assert await receive(http, event) == 200
    assert await receive(http, event) == 200
    assert len(slack_api.posts) == 1


async def test_a_request_while_another_one_greets_is_to_be_repeated(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, redis: Redis
) -> None:
    event = joined()
    assert await store.greetings.claim(event["event_id"]) is Claim.OURS
    assert await receive(http, event) == 503
    assert slack_api.posts == []
    assert 0 < await redis.pttl(keys.greeting(event["event_id"])) <= 20_000


@pytest.mark.parametrize("error", ["not_in_channel", "is_archived", "restricted_action"])
async def test_a_channel_that_cannot_be_greeted_is_not_tried_again(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, error: str
) -> None:
    event = joined()
    slack_api.plan_faults(POST, [HttpFault.error(error)])
    for _ in range(2):
        assert await receive(http, event) == 200
    assert len(slack_api.calls(POST)) == 1


async def test_without_the_scope_to_look_it_greets(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.conversations["C0NEW"].is_member = True
    slack_api.plan_faults("conversations.history", [HttpFault.error("missing_scope")])
    assert await receive(http, joined()) == 200
    assert len(slack_api.posts) == 1


async def test_an_event_is_to_be_repeated_while_redis_is_down(
    http: httpx.AsyncClient, slack_api: LocalSlack, redis_process: RedisServer
) -> None:
    redis_process.stop()
    try:
        assert await receive(http, joined()) == 503
    finally:
        redis_process.start()
    assert slack_api.posts == []


@pytest.mark.parametrize("changes", [{"user": None}, {"channel": 7}, {"channel": "#new"}])
async def test_a_malformed_event_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, changes: dict[str, Any]
) -> None:
    assert await receive(http, joined(**changes)) == 400
    assert await receive(http, joined() | {"event_id": ""}) == 400
    assert slack_api.posts == []


async def test_what_is_stored_about_a_greeting_expires(
    recruiter: Person, slack_api: LocalSlack, redis: Redis
) -> None:
    await recruiter.invite_bot("C0NEW")
    [key] = await redis.keys("juicebox:greeting:*")
    assert 0 < await redis.pttl(key) <= 2 * 86_400_000
