"""The modal that adds a subscription: what it offers, and what it says about wrong values."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import structlog
from slack_bolt.async_app import AsyncApp

from bot.fakes.faults import HttpFault
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Destination, Transport
from bot.slack_app.app import Timeouts
from bot.store import Store
from tests.slack_app.test_actions import pressed
from tests.slack_app.traffic import signed
from tests.slack_app.visitor import Visitor, visiting

ME = Destination(Transport.SLACK, "U0RECRUITER")


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    async with visiting(bolt, slack_api) as person:
        await person.open()
        yield person


def field(name: str, **value: Any) -> dict[str, Any]:
    return {name: {name: value}}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": {"type": "plain_text", "text": v}, "value": v} for v in values]


def submission(values: Any, **changes: Any) -> bytes:
    """Return the body of a submission with these values, which need not be what a client sends."""
    payload = {
        "type": "view_submission",
        "team": {"id": "T0JUICEBOX", "domain": "juicebox"},
        "user": {"id": "U0RECRUITER", "name": "recruiter", "team_id": "T0JUICEBOX"},
        "api_app_id": "A0JUICEBOX",
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": "home_subscribe",
            "state": {"values": values},
        },
        **changes,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def submit(http: httpx.AsyncClient, values: Any, **changes: Any) -> httpx.Response:
    body = submission(values, **changes)
    return await http.post("/slack/events", content=body, headers=signed(body))


TYPES = field("types", selected_options=options("search.completed"))


async def test_it_offers_the_known_events_and_places(visitor: Visitor) -> None:
    await visitor.press("home_subscribe")
    assert visitor.modal is not None
    view = visitor.modal.view
    assert (view["title"]["text"], view["submit"]["text"]) == ("Add a subscription", "Add")
    types, _, _, where = view["blocks"]
    assert [o["text"]["text"] for o in types["element"]["options"]] == [
        "Everything",
        "Export ready",
        "Key rotated",
        "Profile enriched",
        "Quota warning",
        "Search completed",
    ]
    assert [o["text"]["text"] for o in where["element"]["options"]] == [
        "As a direct message",
        "By email to recruiter@example.com",
    ]


async def test_without_an_address_email_is_not_offered(
    bolt: AsyncApp, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.profiles["U0OPERATOR"] = Profile()
    async with visiting(bolt, slack_api, "U0OPERATOR") as other:
        await other.open()
        await other.press("home_subscribe")
        assert "users:read.email" in other.modal_text
        assert "By email" not in other.modal_text


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, {"types": "Choose at least one kind of event."}),
        (
            field("types", selected_options=options("search.completed", "no.such")),
            {"types": "Choose from the list."},
        ),
        (
            {**TYPES, **field("minimum", value="many")},
            {"minimum": "Give a whole number from 0 to 1,000,000,000, such as 100."},
        ),
        (
            {**TYPES, **field("minimum", value="-1")},
            {"minimum": "Give a whole number from 0 to 1,000,000,000, such as 100."},
        ),
        (
            {**TYPES, **field("minimum", value="9" * 5_000)},
            {"minimum": "Give a whole number from 0 to 1,000,000,000, such as 100."},
        ),
        (
            {**TYPES, **field("minimum", value="١٢")},
            {"minimum": "Give a whole number from 0 to 1,000,000,000, such as 100."},
        ),
        ({**TYPES, **field("query", value="x" * 201)}, {"query": "Give at most 200 characters."}),
        (
            {
                **field("types", selected_options=options("export.ready")),
                **field("query", value="rust"),
            },
            {
                "query": "“Export ready” has no such filter: only Search completed can have search words."
            },
        ),
        (
            {
                **field("types", selected_options=options("*")),
                **field("minimum", value="5"),
            },
            {
                "minimum": "“Everything” has no such filter: only Export ready and Search completed"
                " can have a number of results or records."
            },
        ),
    ],
)
async def test_wrong_values_are_explained_below_their_field(
    http: httpx.AsyncClient, store: Store, values: Any, errors: dict[str, str]
) -> None:
    answer = await submit(http, values)
    assert answer.json() == {"response_action": "errors", "errors": errors}
    assert await store.places.all() == {}


async def test_email_without_an_address_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile()
    where = field("where", selected_option=options("email")[0])
    answer = await submit(http, {**TYPES, **where})
    assert list(answer.json()["errors"]) == ["where"]
    assert await store.places.all() == {}


async def test_errors_are_shown_in_the_modal_and_can_be_corrected(
    visitor: Visitor, store: Store
) -> None:
    await visitor.press("home_subscribe")
    await visitor.submit(types=["export.ready"], query="rust")
    assert visitor.modal is not None
    assert list(visitor.modal.errors) == ["query"]
    await visitor.submit(query=None)
    assert visitor.modal is None
    [rule] = (await store.places.get(ME)).subscriptions
    assert (rule.types, rule.query, rule.minimum) == (("export.ready",), "", None)


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ("nothing", {}),
        ({"types": "x"}, {}),
        ({"types": {"types": {"selected_options": [{"value": 7}]}}}, {}),
        ({"query": {"query": {"value": ["x"]}}}, {}),
        (TYPES, {"user": {"name": "no id"}}),
    ],
)
async def test_a_malformed_submission_is_refused(
    http: httpx.AsyncClient, store: Store, values: Any, changes: dict[str, Any]
) -> None:
    assert (await submit(http, values, **changes)).status_code == 400
    assert await store.places.all() == {}


async def test_a_foreign_workspace_cannot_submit(http: httpx.AsyncClient, store: Store) -> None:
    team = {"id": "T0OTHER", "domain": "other"}
    user = {"id": "U0RECRUITER", "name": "recruiter", "team_id": "T0OTHER"}
    assert (await submit(http, TYPES, team=team, user=user)).status_code == 403
    assert await store.places.all() == {}


async def test_without_redis_the_modal_says_so(
    visitor: Visitor, redis_process: RedisServer
) -> None:
    await visitor.press("home_subscribe")
    redis_process.stop()
    try:
        await visitor.submit(types=["*"])
    finally:
        redis_process.start()
    assert visitor.modal is not None
    assert "I can't reach my memory (Redis)" in visitor.modal.errors["types"]


@pytest.mark.parametrize(
    "fault",
    [HttpFault.error("expired_trigger_id"), HttpFault.status(500), HttpFault.hang()],
)
@pytest.mark.parametrize("timeouts", [Timeouts(publish_home=timedelta(seconds=0.2))])
async def test_a_modal_that_cannot_be_opened_is_logged(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, fault: HttpFault
) -> None:
    slack_api.plan_faults("views.open", [fault])
    body = pressed("home_subscribe")
    with structlog.testing.capture_logs() as logs:
        answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 200
    assert [line["event"] for line in logs] == ["modal not opened"]


async def test_an_element_of_an_older_version_refreshes_the_tab(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    body = pressed("home_something_else")
    assert (await http.post("/slack/events", content=body, headers=signed(body))).status_code == 200
    assert slack_api.workspace.home_of("U0RECRUITER") is not None
