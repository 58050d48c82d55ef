"""Response URLs of commands and interactions."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.responses import ResponseUrls
from bot.fakes.slack.workspace import Workspace

Answer = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def answer() -> AsyncIterator[Answer]:
    async with aiohttp.ClientSession() as session:

        async def post(url: str, **said: Any) -> tuple[int, str]:
            async with session.post(url, json=said) as reply:
                return reply.status, await reply.text()

        yield post


async def test_a_response_url_looks_like_one_of_slack(slack_api: LocalSlack) -> None:
    assert "/commands/T0JUICEBOX/" in slack_api.response_url("C0RECRUIT")


async def test_a_response_is_ephemeral_or_in_the_channel(
    slack_api: LocalSlack, answer: Answer
) -> None:
    url = slack_api.response_url("C0RECRUIT")
    assert await answer(url, text="for one") == (200, "ok")
    assert await answer(url, text="for all", response_type="in_channel") == (200, "ok")
    assert [w.text for w in slack_api.workspace.ephemeral_messages] == ["for one"]
    assert [p.text for p in slack_api.posts] == ["for all"]


async def test_a_response_replaces_the_original(slack_api: LocalSlack, answer: Answer) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "before")
    url = slack_api.response_url("C0RECRUIT", post)
    await answer(url, text="after", replace_original=True)
    await answer(url, text="after all", replace_original=True)
    assert [(e.ts, e.text) for e in slack_api.workspace.edits] == [
        (post.ts, "after"),
        (post.ts, "after all"),
    ]
    assert [p.text for p in slack_api.workspace.conversations["C0RECRUIT"].posts] == ["after all"]
    assert len(slack_api.posts) == 1


async def test_a_response_deletes_the_original(slack_api: LocalSlack, answer: Answer) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "before")
    url = slack_api.response_url("C0RECRUIT", post)
    for _ in range(2):
        assert await answer(url, delete_original=True) == (200, "ok")
    assert [e.deleted for e in slack_api.workspace.edits] == [True]


async def test_an_ephemeral_original_is_replaced_and_deleted(
    slack_api: LocalSlack, answer: Answer
) -> None:
    post_ephemeral = slack_api.workspace.post_ephemeral("C0RECRUIT", "before")
    url = slack_api.response_url("C0RECRUIT", post_ephemeral)
    await answer(url, text="after", replace_original=True)
    await answer(url, delete_original=True)
    versions = [(w.ts, w.text, w.deleted) for w in slack_api.workspace.ephemeral_messages]
    assert versions == [
        (post_ephemeral.ts, "before", False),
        (post_ephemeral.ts, "after", False),
        (post_ephemeral.ts, "after", True),
    ]
    assert slack_api.workspace.find_ephemeral("C0RECRUIT", post_ephemeral.ts) is None
    assert [*slack_api.workspace.edits] == []


async def test_without_an_original_a_replacement_is_a_new_message(
    slack_api: LocalSlack, answer: Answer
) -> None:
    url = slack_api.response_url("C0RECRUIT")
    await answer(url, text="new", replace_original=True)
    assert [w.text for w in slack_api.workspace.ephemeral_messages] == ["new"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({}, "no_text"),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "loud"}, "invalid_payload"),
    ],
)
async def test_an_invalid_response_is_refused(
    slack_api: LocalSlack, answer: Answer, said: dict[str, Any], error: str
) -> None:
    status, text = await answer(slack_api.response_url("C0RECRUIT"), **said)
    assert status == 400
    assert f'"{error}"' in text
    assert [*slack_api.workspace.ephemeral_messages] == []


def test_a_response_url_expires_after_half_an_hour() -> None:
    now = [0.0]
    workspace = Workspace()
    responses = ResponseUrls(workspace, lambda: now[0])
    token = responses.create("C0RECRUIT")
    now[0] = 30 * 60
    responses.post(token, {"text": "in time"})
    now[0] += 1
    with pytest.raises(SlackError, match="expired_url"):
        responses.post(token, {"text": "too late"})
    assert [w.text for w in workspace.ephemeral_messages] == ["in time"]
