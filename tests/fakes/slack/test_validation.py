"""The local Slack's `blocks.validate` takes exactly one of its arguments, and is as strict as a post."""

import json
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.slack.api import LocalSlack

TEXT = {"type": "plain_text", "text": "Juicebox"}
HEADER = {"type": "header", "text": TEXT}
BROKEN = {"type": "header", "text": {"type": "mrkdwn", "text": "Juicebox"}}


def client_of(slack_api: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack_api.token, base_url=slack_api.url, retry_handlers=[])


async def validate(slack_api: LocalSlack, **given: Any) -> Any:
    encoded = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
    }
    return await client_of(slack_api).api_call("blocks.validate", data=encoded)


@pytest.mark.parametrize(
    "given",
    [
        {"blocks": [HEADER]},
        {"message": {"text": "Juicebox", "blocks": [HEADER] * 50}},
        {"view": {"type": "home", "blocks": [HEADER] * 100}},
        {"view": {"type": "modal", "title": TEXT, "blocks": [HEADER]}},
    ],
)
async def test_what_slack_would_take_is_accepted(
    slack_api: LocalSlack, given: dict[str, Any]
) -> None:
    assert (await validate(slack_api, **given)).data == {"ok": True}
    assert slack_api.posts == []


@pytest.mark.parametrize(
    ("given", "error", "pointer"),
    [
        ({"blocks": [HEADER, BROKEN]}, "invalid_blocks", "/1/text"),
        ({"blocks": [HEADER] * 51}, "invalid_blocks", ""),
        ({"message": {"blocks": [BROKEN]}}, "invalid_message", "/blocks/0/text"),
        ({"message": []}, "invalid_message", ""),
        ({"message": {"text": "x"}}, "invalid_message", "/blocks"),
        ({"view": {"type": "home", "blocks": [BROKEN]}}, "invalid_view", "/blocks/0/text"),
        ({"view": {"type": "page", "blocks": [HEADER]}}, "invalid_view", "/type"),
        ({"view": {"type": "home", "blocks": [HEADER] * 101}}, "invalid_view", "/blocks"),
    ],
)
async def test_a_refusal_names_the_place(
    slack_api: LocalSlack, given: dict[str, Any], error: str, pointer: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await validate(slack_api, **given)
    reply = refused.value.response
    assert reply["error"] == error
    assert reply["errors"][0]["pointer"].startswith(pointer)
    assert {"pointer", "code", "message"} <= set(reply["errors"][0])


@pytest.mark.parametrize("given", [{}, {"blocks": [HEADER], "message": {"blocks": [HEADER]}}])
async def test_exactly_one_argument_is_taken(slack_api: LocalSlack, given: dict[str, Any]) -> None:
    with pytest.raises(SlackApiError) as refused:
        await validate(slack_api, **given)
    assert refused.value.response["error"] == "invalid_arguments"
