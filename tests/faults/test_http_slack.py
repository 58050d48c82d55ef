"""Whoever Slack lets ask, only our own workspace is answered: through the door of a real process."""

import json
from urllib.parse import urlencode

import httpx
import pytest

from tests.faults.conftest import BASE
from tests.faults.deployment import Web, deployed
from tests.slack_app.traffic import signed, slash_command

OURS, ANOTHER = "T0JUICEBOX", "T0ANOTHER"


def pressed(action_id: str, **changes: object) -> bytes:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": "1"}
    payload = {
        "type": "block_actions",
        "team": {"id": OURS},
        "user": {"id": "U1", "team_id": OURS},
        "actions": [action],
        **changes,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def happened(**changes: object) -> bytes:
    event = {"type": "app_home_opened", "user": "U1", "tab": "messages"}
    return json.dumps(
        {"type": "event_callback", "team_id": OURS, "event": event, **changes}
    ).encode()


def installed_in(*teams: str) -> list[dict[str, object]]:
    return [{"team_id": team, "is_bot": True, "is_enterprise_install": False} for team in teams]


FOREIGN = {
    "a command": slash_command("status", team_id=ANOTHER),
    "a command that names ours elsewhere": slash_command(
        "status", team_id=ANOTHER, team_domain=OURS
    ),
    "a command that names none": slash_command("status", team_id=""),
    "a button": pressed("refresh_home", team={"id": ANOTHER}),
    "a button of a whole organization": pressed(
        "refresh_home", team=None, user={"id": "U1", "team_id": ANOTHER}
    ),
    "a view opened from another": pressed("refresh_home", view={"app_installed_team_id": ANOTHER}),
    "an event": happened(team_id=ANOTHER),
    "an event for another's installation": happened(authorizations=installed_in(ANOTHER)),
    "an event for another's before ours": happened(authorizations=installed_in(ANOTHER, OURS)),
    "an event that names none": happened(team_id=None),
}

OWN = {
    "a command": slash_command("help"),
    "a button": pressed("open_link"),
    "a link that a guest of a shared channel has opened": pressed(
        "open_link", team={"id": ANOTHER}
    ),
    "an event": happened(),
    "an event of a shared channel": happened(
        team_id=ANOTHER, authorizations=installed_in(OURS), is_ext_shared_channel=True
    ),
}


async def post(web: Web, body: bytes) -> httpx.Response:
    headers = signed(body)
    if body.startswith(b"{"):
        headers["Content-Type"] = "application/json"
    return await web.client.post("/slack/events", content=body, headers=headers)


async def test_another_workspace_is_refused_in_whatever_shape_it_asks() -> None:
    async with deployed(BASE) as deployment, deployment.web() as web:
        answers = {name: await post(web, body) for name, body in FOREIGN.items()}
        refused = {name: (answer.status_code, answer.text) for name, answer in answers.items()}
        assert refused == dict.fromkeys(FOREIGN, (403, ""))
        assert web.log().count("foreign workspace refused") == len(FOREIGN)


async def test_our_own_is_answered_and_so_is_what_is_meant_for_it_in_a_shared_channel() -> None:
    async with deployed(BASE) as deployment, deployment.web() as web:
        answers = {name: await post(web, body) for name, body in OWN.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(OWN, 200)


@pytest.mark.parametrize("secret", ["slack-signing-secret", "another"])
async def test_age_and_signature_come_before_the_workspace(secret: str) -> None:
    """A recorded request of ours is refused after five minutes, and a made-up one at once."""
    body = slash_command("status")
    old = "1700000000" if secret == "slack-signing-secret" else None
    async with deployed(BASE) as deployment, deployment.web() as web:
        answer = await web.client.post(
            "/slack/events", content=body, headers=signed(body, timestamp=old, secret=secret)
        )
        assert (answer.status_code, answer.json()) == (401, {"error": "Invalid signature"})
        assert not deployment.slack.calls()
