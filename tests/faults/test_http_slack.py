"""Requests from Slack: only our own workspace is answered. Runs against a real web process."""

import json
from urllib.parse import urlencode

import httpx

from tests.faults.conftest import BASE
from tests.faults.deployment import Web, deployed
from tests.slack_app.traffic import signed, slash_command

OURS, ANOTHER = "T0JUICEBOX", "T0ANOTHER"


def button_click(action_id: str, **changes: object) -> bytes:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": "1"}
    payload = {
        "type": "block_actions",
        "team": {"id": OURS},
        "user": {"id": "U0VIEWER", "team_id": OURS},
        "actions": [action],
        **changes,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def event_callback(**changes: object) -> bytes:
    event = {"type": "app_home_opened", "user": "U0VIEWER", "tab": "messages"}
    return json.dumps(
        {"type": "event_callback", "team_id": OURS, "event": event, **changes}
    ).encode()


def installed_in(*teams: str) -> list[dict[str, object]]:
    return [{"team_id": team, "is_bot": True, "is_enterprise_install": False} for team in teams]


FOREIGN = {
    "a command": slash_command("status", team_id=ANOTHER),
    "a command with our id as its domain": slash_command(
        "status", team_id=ANOTHER, team_domain=OURS
    ),
    "a command without a team": slash_command("status", team_id=""),
    "a button": button_click("refresh_home", team={"id": ANOTHER}),
    "a button in an organization": button_click(
        "refresh_home", team=None, user={"id": "U0VIEWER", "team_id": ANOTHER}
    ),
    "a view installed by another": button_click(
        "refresh_home", view={"app_installed_team_id": ANOTHER}
    ),
    "an event": event_callback(team_id=ANOTHER),
    "an event for another's installation": event_callback(authorizations=installed_in(ANOTHER)),
    "an event for another's before ours": event_callback(
        authorizations=installed_in(ANOTHER, OURS)
    ),
    "an event without a team": event_callback(team_id=None),
}

OWN = {
    "a command": slash_command("help"),
    "a button": button_click("open_link"),
    "a link that a guest of a shared channel has opened": button_click(
        "open_link", team={"id": ANOTHER}
    ),
    "an event": event_callback(),
    "an event of a shared channel": event_callback(
        team_id=ANOTHER, authorizations=installed_in(OURS), is_ext_shared_channel=True
    ),
}


async def post(web: Web, body: bytes) -> httpx.Response:
    headers = signed(body)
    if body.startswith(b"{"):
        headers["Content-Type"] = "application/json"
    return await web.client.post("/slack/events", content=body, headers=headers)


async def test_every_request_of_another_workspace_is_refused() -> None:
    async with deployed(BASE) as deployment, deployment.web() as web:
        answers = {name: await post(web, body) for name, body in FOREIGN.items()}
        refused = {name: (answer.status_code, answer.text) for name, answer in answers.items()}
        assert refused == dict.fromkeys(FOREIGN, (403, ""))
        assert web.log().count("foreign workspace refused") == len(FOREIGN)


async def test_requests_of_our_workspace_are_answered_also_in_a_shared_channel() -> None:
    async with deployed(BASE) as deployment, deployment.web() as web:
        answers = {name: await post(web, body) for name, body in OWN.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(OWN, 200)
