"""Buttons that were pressed in Slack."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from tests.slack_app.traffic import signed


def pressed(action_id: str, team: str = "T0JUICEBOX", **changes: Any) -> bytes:
    """Return the body of an interaction, with the fields that matter."""
    payload = {
        "type": "block_actions",
        "user": {"id": "U0RECRUITER", "username": "recruiter", "team_id": team},
        "api_app_id": "A0JUICEBOX",
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C0RECRUIT"},
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        "team": {"id": team, "domain": "juicebox"},
        "channel": {"id": "C0RECRUIT", "name": "recruiting"},
        "response_url": "https://hooks.slack.com/actions/T0JUICEBOX/1/abc",
        "actions": [
            {"type": "button", "action_id": action_id, "block_id": "b", "action_ts": "1.2"}
        ],
        **changes,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def test_the_download_button_is_acknowledged(http: httpx.AsyncClient) -> None:
    """Slack opens the link itself, and shows a warning unless it is acknowledged."""
    body = pressed("open_link")
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_download_button_is_acknowledged_to_a_guest_of_a_shared_channel(
    http: httpx.AsyncClient,
) -> None:
    """Slack has opened the link already; a refusal would show a warning below a working download."""
    guest = {"id": "U0GUEST", "username": "guest", "team_id": "T0OTHER"}
    for body in (pressed("open_link", team="T0OTHER"), pressed("open_link", user=guest)):
        answer = await http.post("/slack/events", content=body, headers=signed(body))
        assert (answer.status_code, answer.content) == (200, b"")


async def test_the_download_button_is_acknowledged_while_slack_is_unreachable(
    http: httpx.AsyncClient, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("auth.test", [HttpFault.status(500)])
    body = pressed("open_link")
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (200, b"")
    assert slack_api.calls("auth.test") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": [{"action_id": "open_link"}, {"action_id": "refresh_home"}]},
        {"actions": []},
        {"actions": "open_link"},
        {"actions": ["open_link"]},
        {"type": "view_submission"},
    ],
)
async def test_only_links_of_a_foreign_workspace_are_acknowledged(
    http: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    body = pressed("open_link", team="T0OTHER", **changes)
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code in {400, 403}
