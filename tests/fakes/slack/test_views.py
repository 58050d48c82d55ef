"""The local Slack publishes Home tabs and validates them."""

import json
from typing import Any

import pytest

from bot.fakes.slack.api import LocalSlack
from tests.fakes.slack.conftest import Caller

DIVIDER = {"type": "divider"}
LONG = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_000}}


def home(*blocks: Any, **more: Any) -> dict[str, Any]:
    return {"type": "home", "blocks": list(blocks), **more}


async def test_the_latest_view_is_shown(call: Caller, slack_api: LocalSlack) -> None:
    assert slack_api.workspace.home_of("U0RECRUITER") is None
    for text in ("first", "second"):
        view = home({"type": "header", "text": {"type": "plain_text", "text": text}})
        reply = await call("views.publish", user_id="U0RECRUITER", view=json.dumps(view))
        assert (reply["ok"], reply["view"]["type"]) == (True, "home")
    shown = slack_api.workspace.home_of("U0RECRUITER")
    assert shown is not None
    assert shown.view["blocks"][0]["text"]["text"] == "second"
    assert slack_api.workspace.home_of("U0OPERATOR") is None


async def test_a_view_has_at_most_a_hundred_blocks(call: Caller) -> None:
    full = await call("views.publish", user_id="U0RECRUITER", view=home(*[DIVIDER] * 100))
    assert full["ok"]
    over = await call("views.publish", user_id="U0RECRUITER", view=home(*[DIVIDER] * 101))
    assert over["error"] == "invalid_blocks"


async def test_an_outdated_hash_is_refused(call: Caller) -> None:
    old = (await call("views.publish", user_id="U0RECRUITER", view=home()))["view"]["hash"]
    new = await call("views.publish", user_id="U0RECRUITER", view=home(), hash=old)
    assert new["ok"]
    late = await call("views.publish", user_id="U0RECRUITER", view=home(), hash=old)
    assert late["error"] == "hash_conflict"


@pytest.mark.parametrize(
    ("user", "view", "error"),
    [
        ("U0NOBODY", home(), "user_not_found"),
        ("U0RECRUITER", {"type": "modal", "blocks": []}, "invalid_arguments"),
        ("U0RECRUITER", home(title="no such thing"), "invalid_arguments"),
        ("U0RECRUITER", home(private_metadata="x" * 3001), "invalid_arguments"),
        ("U0RECRUITER", home(callback_id="x" * 256), "invalid_arguments"),
        ("U0RECRUITER", home({"type": "nonsense"}), "invalid_blocks"),
        ("U0RECRUITER", home({"type": "markdown", "text": "# words"}), "invalid_blocks"),
        ("U0RECRUITER", home(*[LONG] * 90), "view_too_large"),
        ("U0RECRUITER", "nonsense", "invalid_arguments"),
    ],
)
async def test_invalid_views_are_refused(call: Caller, user: str, view: Any, error: str) -> None:
    assert (await call("views.publish", user_id=user, view=view))["error"] == error


async def test_a_disabled_home_tab_refuses_views(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.workspace.has_home_tab = False
    reply = await call("views.publish", user_id="U0RECRUITER", view=home())
    assert reply["error"] == "not_enabled"
