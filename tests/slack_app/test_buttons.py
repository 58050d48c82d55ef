"""Every press of a button is answered in time, whatever fails."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from slack_bolt.async_app import AsyncApp

from bot.fakes.faults import HttpFault
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.model import Destination, Transport
from bot.slack_app.app import BUTTONS, Timeouts
from bot.store import Store
from tests.event_fixtures import TOLD
from tests.slack_app.conftest import Clock
from tests.slack_app.pressing import (
    SEARCH,
    answer,
    answers,
    current,
    labels,
    press,
    show,
    text_of,
    using,
)
from tests.slack_app.test_actions import pressed
from tests.slack_app.traffic import signed

THREAD = "search:srch_1"
ME = Destination(Transport.SLACK, "U0RECRUITER")


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with using(bolt, slack_api) as person:
        yield person


def follow_pressed(**changes: Any) -> bytes:
    action = {"type": "button", "action_id": "follow", "block_id": "b", "value": THREAD}
    return pressed("follow", **{"actions": [action], **changes})


async def post(http: httpx.AsyncClient, body: bytes) -> httpx.Response:
    return await http.post("/slack/events", content=body, headers=signed(body))


async def is_following(store: Store) -> bool:
    return bool((await store.places.get(ME)).subscriptions)


@pytest.mark.parametrize("name", ["search.completed", "export.ready", "profile.enriched"])
async def test_what_recruiters_get_can_be_followed_and_muted(
    slack_api: LocalSlack, name: str
) -> None:
    assert labels(show(slack_api, TOLD[name]))[-2:] == ["Follow", "Mute for 2 hours"]


async def test_what_there_is_to_do_first_comes_first(slack_api: LocalSlack) -> None:
    assert labels(show(slack_api, TOLD["search.completed.linked"]))[0].startswith("View")
    assert labels(show(slack_api, TOLD["export.ready"]))[0] == "Download"


async def test_redis_is_down(
    recruiter: Person, slack_api: LocalSlack, redis_process: RedisServer
) -> None:
    message = show(slack_api)
    redis_process.stop()
    try:
        for label in ("Follow", "Mute"):
            await press(recruiter, message, label)
    finally:
        redis_process.start()
    for shown in answers(slack_api):
        assert "I can't reach my memory (Redis) right now" in text_of(shown)
    assert len(answers(slack_api)) == 2


async def test_an_unexpected_error_is_answered_with_a_sentence(
    recruiter: Person, slack_api: LocalSlack, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.fails = ZeroDivisionError("secret")
    await press(recruiter, show(slack_api), "Follow")
    assert answer(slack_api).startswith("Something went wrong on my side")


async def test_a_person_that_slack_does_not_tell_about_may_not_change_a_channel(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.plan_faults("users.info", [HttpFault.error("missing_scope")])
    await press(recruiter, show(slack_api), "Mute")
    assert "I lack the scope users:read" in answer(slack_api)


async def test_the_presser_is_told_that_slack_cannot_be_reached(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.plan_faults("auth.test", [HttpFault.status(500)])
    await press(recruiter, show(slack_api), "Follow")
    assert answer(slack_api).startswith("I can't reach Slack's API right now")
    assert not await is_following(store)


@pytest.mark.parametrize(
    "fault",
    [
        HttpFault.error("message_not_found"),
        HttpFault.error("cant_update_message"),
        HttpFault.status(500),
        HttpFault.rate_limited(30),
        HttpFault.dropped(),
        HttpFault.hang(),
    ],
    ids=["deleted", "not ours", "an error page", "rate limited", "a lost connection", "no answer"],
)
@pytest.mark.parametrize("timeouts", [Timeouts(publish_home=timedelta(seconds=0.3))])
async def test_a_message_that_cannot_be_edited_does_not_matter(
    recruiter: Person, slack_api: LocalSlack, store: Store, fault: HttpFault
) -> None:
    message = show(slack_api, channel="D0RECRUITER")
    slack_api.plan_faults("chat.update", [fault])
    await press(recruiter, message, "Follow")
    assert "from now on" in answer(slack_api)
    assert await is_following(store)
    assert current(slack_api, message) == message


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "ftp://example.com/x", "http://[", "", None],
    ids=["unreachable", "not http", "not a URL", "empty", "none"],
)
async def test_without_a_response_url_the_answer_is_ephemeral(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, url: str | None
) -> None:
    assert (await post(http, follow_pressed(response_url=url))).status_code == 200
    [call] = slack_api.calls("chat.postEphemeral")
    assert (call.arguments["channel"], call.arguments["user"]) == ("C0RECRUIT", "U0RECRUITER")
    assert "from now on" in answer(slack_api)


async def test_a_response_url_that_slack_refuses_is_done_without(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    url = slack_api.response_url("C0RECRUIT") + "x"
    assert (await post(http, follow_pressed(response_url=url))).status_code == 200
    assert "from now on" in answer(slack_api)


async def test_without_a_channel_the_answer_is_a_direct_message(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    for action_id in ("follow", "mute_2h"):
        action = {"type": "button", "action_id": action_id, "value": THREAD}
        body = follow_pressed(channel=None, response_url=None, actions=[action])
        assert (await post(http, body)).status_code == 200
    first, second = slack_api.posts
    assert {first.channel, second.channel} == {"D0RECRUITER"}
    assert "You have muted my direct messages and mails to you" in second.text
    assert (await store.places.get(ME)).mutes


async def test_a_channel_that_is_gone_is_logged(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    body = follow_pressed(response_url=None, channel={"id": "C0GONE", "name": "gone"})
    assert (await post(http, body)).status_code == 200
    assert await is_following(store)


@pytest.mark.parametrize(
    "changes",
    [
        {"user": {"id": "nobody"}},
        {"user": {"id": 7}},
        {"user": {"name": "no id"}},
        {"channel": {"id": "<!channel>"}},
        {"channel": {"id": ["C0RECRUIT"]}},
        {"response_url": 7},
        {"container": {"message_ts": 1.1}},
        {"actions": [{"action_id": "follow", "value": {"a": 1}}]},
        {"message": {"blocks": "none"}},
    ],
    ids=lambda changes: json.dumps(changes)[:40],
)
async def test_a_malformed_interaction_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, changes: dict[str, Any]
) -> None:
    assert (await post(http, follow_pressed(**changes))).status_code == 400
    assert not await is_following(store)


async def test_another_workspace_is_refused(http: httpx.AsyncClient, store: Store) -> None:
    body = pressed("follow", team="T0OTHER", actions=[{"action_id": "follow", "value": THREAD}])
    assert (await post(http, body)).status_code == 403
    assert not await is_following(store)


async def test_the_test_button_sends_a_sample(
    http: httpx.AsyncClient, slack_api: LocalSlack
) -> None:
    body = pressed("send_test", response_url=slack_api.response_url("C0RECRUIT"))
    assert (await post(http, body)).status_code == 200
    assert "on its way" in answer(slack_api)


async def test_no_button_is_left_without_an_answer(slack_api: LocalSlack) -> None:
    """Each button of the messages is one that the bot answers, or a link."""
    for notification in (SEARCH, *TOLD.values()):
        blocks = show(slack_api, notification).blocks
        elements = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
        assert {e["action_id"] for e in elements} <= {*BUTTONS, "open_link"}
