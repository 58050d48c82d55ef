"""The Home tab is published to the user who opens or refreshes it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from slack_bolt.async_app import AsyncApp

from bot.fakes.faults import HttpFault
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack import payloads
from bot.fakes.slack.api import LocalSlack
from bot.model import Destination, Transport
from bot.slack_app.app import Timeouts
from bot.store import Store
from tests.factories import SLACK, make_delivery, make_event
from tests.slack_app.conftest import texts
from tests.slack_app.stored import open_to, settle
from tests.slack_app.test_actions import pressed
from tests.slack_app.traffic import signed
from tests.slack_app.visitor import Visitor, run_worker, visiting
from tests.stored_events import accept, handle


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    await run_worker(store)
    async with visiting(bolt, slack_api) as person:
        yield person


def opened(**changes: Any) -> bytes:
    payload: Any = payloads.home_opened("U0RECRUITER", "D0RECRUITER", None)
    payload["event"] |= changes
    return json.dumps(payload).encode()


async def post(http: httpx.AsyncClient, body: bytes) -> httpx.Response:
    headers = signed(body) | {"Content-Type": "application/json"}
    return await http.post("/slack/events", content=body, headers=headers)


def shown(slack_api: LocalSlack) -> str:
    """Return every text of the recruiter's Home tab."""
    tab = slack_api.workspace.home_of("U0RECRUITER")
    assert tab is not None
    return "\n".join(texts(tab.view["blocks"]))


async def sent_event(store: Store, event_id: str = "evt_1") -> None:
    for delivery in await open_to(store, event_id, SLACK):
        await settle(store, delivery, "sent")


async def test_opening_it_says_how_things_stand(visitor: Visitor, store: Store) -> None:
    await sent_event(store)
    text = await visitor.open()
    assert "*✅ Everything is working.* The last event came <!date^" in text
    assert "Search completed with 1,204 results" in text
    assert "✅ Sent to <#C0RECRUIT>" in text
    assert "Getting started" not in text


async def test_a_repeated_event_changes_nothing(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    body = opened()
    for _ in range(2):
        assert (await post(http, body)).status_code == 200
    first, second = slack_api.workspace.homes
    assert first.view == second.view


async def test_opening_the_messages_tab_publishes_nothing(
    http: httpx.AsyncClient, slack_api: LocalSlack
) -> None:
    assert (await post(http, opened(tab="messages"))).status_code == 200
    assert slack_api.workspace.home_of("U0RECRUITER") is None


async def test_refresh_shows_later_events(visitor: Visitor, store: Store) -> None:
    assert "1,204 results" not in await visitor.open()
    await sent_event(store)
    assert "1,204 results" in await visitor.press("refresh_home")


async def test_slack_is_asked_little(visitor: Visitor, slack_api: LocalSlack) -> None:
    for _ in range(2):
        await visitor.open()
    calls = [call.method for call in slack_api.calls()]
    assert sorted(calls) == [
        "auth.test",
        "conversations.info",
        "users.info",
        "views.publish",
        "views.publish",
    ]


async def test_a_slow_slack_does_not_hold_it_up(
    visitor: Visitor, slack_api: LocalSlack, store: Store
) -> None:
    await sent_event(store)
    slack_api.plan_faults("users.info", [HttpFault.hang()])
    assert "Everything is working" in await visitor.open()


async def test_it_reports_that_redis_is_unreachable(
    http: httpx.AsyncClient, slack_api: LocalSlack, redis_process: RedisServer
) -> None:
    redis_process.stop()
    try:
        assert (await post(http, opened())).status_code == 200
    finally:
        redis_process.start()
    assert "I can't reach my memory (Redis) right now" in shown(slack_api)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(HttpFault.error("not_enabled"), id="refused"),
        pytest.param(HttpFault.status(500), id="an error page"),
        pytest.param(HttpFault.rate_limited(1), id="rate limited"),
        pytest.param(HttpFault.dropped(), id="a lost connection"),
        pytest.param(HttpFault.hang(), id="no answer"),
    ],
)
@pytest.mark.parametrize("timeouts", [Timeouts(publish_home=timedelta(seconds=0.2))])
async def test_a_failed_publish_is_logged_and_not_repeated(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, fault: HttpFault
) -> None:
    slack_api.plan_faults("views.publish", [fault])
    with structlog.testing.capture_logs() as logs:
        assert (await post(http, opened())).status_code == 200
    assert [line["event"] for line in logs] == ["home not published"]
    assert len(slack_api.calls("views.publish")) == 1


@pytest.mark.parametrize("changes", [{"user": None}, {"user": ["U0"]}, {"tab": 7}])
async def test_a_malformed_event_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, changes: dict[str, Any]
) -> None:
    answer = await post(http, opened(**changes))
    assert (answer.status_code, answer.content) == (
        400,
        b'{"error":"not in the format that Slack documents"}',
    )
    assert [*slack_api.workspace.homes] == []


@pytest.mark.parametrize("action", ["refresh_home", "home_mute"])
async def test_a_press_without_a_user_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, action: str
) -> None:
    body = pressed(action, user={"name": "no id"})
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 400
    assert [*slack_api.workspace.homes] == []


async def test_hostile_and_huge_events_fit(visitor: Visitor, store: Store) -> None:
    """The local Slack would refuse the view."""
    query = "<!channel> *x* `y` & \u202e" * 200
    places = [Destination(Transport.EMAIL, f"<{n}>&*@example.com") for n in range(40)]
    for n in range(20):
        event_id = f"evt_<{n}>"
        data = {"searchId": f"s{n}", "resultCount": 1, "query": query}
        await accept(store, make_event(event_id, data=data))
        await handle(store, *(make_delivery(event_id, to) for to in places), event_id=event_id)
    for n in range(8):
        await accept(store, make_event(f"evt_{n}", "<!here>" * 500, data={"a": "*b*" * 5_000}))
    text = await visitor.open()
    assert "<!channel>" not in text
    assert "<!here>" not in text
    assert len(visitor.view["blocks"]) <= 100
