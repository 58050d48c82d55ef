"""The Home tab shows the status to the user who opens or refreshes it."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog

from bot.clock import utc_now
from bot.fakes.faults import HttpFault
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack import payloads
from bot.fakes.slack.api import LocalSlack
from bot.slack_app.app import Timeouts
from bot.store import Store
from tests.factories import body_of, make_event
from tests.slack_app.conftest import texts
from tests.slack_app.test_actions import pressed
from tests.slack_app.traffic import signed


def opened(**changes: Any) -> bytes:
    payload: Any = payloads.home_opened("U0RECRUITER", "D0RECRUITER", None)
    payload["event"] |= changes
    return json.dumps(payload).encode()


async def post(http: httpx.AsyncClient, body: bytes) -> httpx.Response:
    headers = signed(body) | {"Content-Type": "application/json"}
    return await http.post("/slack/events", content=body, headers=headers)


def shown(slack_api: LocalSlack) -> list[str]:
    """Return every text of the recruiter's Home tab."""
    tab = slack_api.workspace.home_of("U0RECRUITER")
    assert tab is not None
    return texts(tab.view["blocks"])


async def test_opening_it_shows_an_introduction_and_the_status(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    event = make_event("evt_1", timestamp=utc_now())
    await store.events.accept(event, body_of(event), utc_now())
    answer = await post(http, opened())
    assert answer.status_code == 200
    text = "\n".join(shown(slack_api))
    assert "Juicebox finishes a search" in text
    assert "Juicebox status" in text
    assert "evt_1" in text


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


async def test_refresh_shows_later_events(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    await post(http, opened())
    event = make_event("evt_later", timestamp=utc_now())
    await store.events.accept(event, body_of(event), utc_now())
    body = pressed("refresh_home")
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (200, b"")
    assert "evt_later" in "\n".join(shown(slack_api))


async def test_it_has_the_refresh_button(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    await post(http, opened())
    tab = slack_api.workspace.home_of("U0RECRUITER")
    assert tab is not None
    buttons = [e for b in tab.view["blocks"] if b["type"] == "actions" for e in b["elements"]]
    assert [button["action_id"] for button in buttons] == ["refresh_home"]


async def test_it_reports_that_redis_is_unreachable(
    http: httpx.AsyncClient, slack_api: LocalSlack, redis_process: RedisServer
) -> None:
    redis_process.stop()
    try:
        assert (await post(http, opened())).status_code == 200
    finally:
        redis_process.start()
    assert "I can't reach my memory (Redis) right now" in "\n".join(shown(slack_api))


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


async def test_a_button_press_without_a_user_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack
) -> None:
    body = pressed("refresh_home", user={"name": "no id"})
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 400
    assert [*slack_api.workspace.homes] == []


async def test_many_events_fit_into_the_block_limit_of_a_view(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    for n in range(30):
        event = make_event(f"evt_{n}", f"type.{n}", timestamp=utc_now())
        await store.events.accept(event, body_of(event), utc_now())
    assert (await post(http, opened())).status_code == 200
    tab = slack_api.workspace.home_of("U0RECRUITER")
    assert tab is not None
    assert 5 < len(tab.view["blocks"]) <= 100
