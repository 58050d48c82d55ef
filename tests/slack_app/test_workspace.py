"""Only requests of the bot's own workspace are answered."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.slack_app.workspace import Workspace, WorkspaceUnknown
from tests.slack_app.conftest import Ask
from tests.slack_app.traffic import signed, slash_command

TRY_AGAIN = (
    "I can't reach Slack's API right now to check that I belong to this workspace."
    " Please try again in a minute."
)


@pytest.mark.parametrize("team", ["T0ANOTHER", "", "T0JUICEBOX2"])
async def test_a_command_of_another_workspace_is_refused_without_a_reason(
    http: httpx.AsyncClient, team: str
) -> None:
    body = slash_command("status", team_id=team)
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (403, b"")


async def test_an_event_of_another_workspace_is_refused_whatever_its_type(
    http: httpx.AsyncClient,
) -> None:
    body = (
        b'{"type": "event_callback", "team_id": "T0ANOTHER", "event": {"type": "app_uninstalled"}}'
    )
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (403, b"")


async def test_the_workspace_is_requested_once_for_all_commands(
    ask: Ask, slack_api: LocalSlack
) -> None:
    await asyncio.gather(*(ask("help") for _ in range(5)))
    await ask("help")
    assert len(slack_api.calls()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(HttpFault.status(500, "<html>"), id="an error page"),
        pytest.param(HttpFault.rate_limited(30), id="rate limited"),
        pytest.param(HttpFault.hang(), id="no answer"),
        pytest.param(HttpFault.dropped(), id="a lost connection"),
        pytest.param(HttpFault.garbage("{"), id="half an answer"),
        pytest.param(HttpFault.garbage("[]"), id="a list"),
        pytest.param(HttpFault.garbage('{"ok": true}'), id="an answer without a team"),
        pytest.param(HttpFault.garbage('{"ok": true, "team_id": ""}'), id="a team without a name"),
    ],
)
async def test_a_command_is_answered_with_try_again_while_slack_is_unreachable(
    ask: Ask, slack_api: LocalSlack, fault: HttpFault
) -> None:
    slack_api.plan_faults("auth.test", [fault])
    assert (await ask("status"))["text"] == TRY_AGAIN
    assert (await ask("help"))["blocks"]


async def test_an_event_is_refused_for_now_while_slack_is_unreachable(
    http: httpx.AsyncClient, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("auth.test", [HttpFault.status(500)])
    body = b'{"type": "event_callback", "team_id": "T0JUICEBOX", "event": {"type": "app_mention"}}'
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (503, b"")


async def test_the_workspace_is_unknown_if_slack_refuses_the_token(
    slack_api: LocalSlack,
) -> None:
    client = AsyncWebClient(token="xoxb-revoked", base_url=slack_api.url, retry_handlers=[])
    with pytest.raises(WorkspaceUnknown):
        await Workspace(client, timedelta(seconds=1)).identity()


async def test_concurrent_requests_share_one_call_and_its_timeout(
    client: AsyncWebClient, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("auth.test", [HttpFault.hang()] * 10)
    workspace = Workspace(client, timedelta(seconds=0.5))
    answers = await asyncio.gather(
        *(workspace.identity() for _ in range(10)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {WorkspaceUnknown}
    assert len(slack_api.calls("auth.test")) < len(answers), "each made a call of its own"
