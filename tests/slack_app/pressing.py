"""People of the local Slack who press the buttons of messages."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_ids import interactive_elements
from bot.fakes.slack.block_kit import block_errors
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import Post, Profile
from bot.model import Notification
from bot.slack_app.endpoint import SlackEndpoint
from tests.event_fixtures import TOLD
from tests.renderers import SLACK_RENDERER
from tests.slack_app.conftest import texts
from tests.slack_app.test_local_slack import listening
from tests.slack_app.traffic import SECRET

GUEST, STRANGER = "U0GUEST", "U0STRANGER"
SEARCH = TOLD["search.completed"]


@asynccontextmanager
async def using(
    bolt: AsyncApp, slack_api: LocalSlack, user: str = "U0RECRUITER"
) -> AsyncIterator[Person]:
    """A person who uses the bot; guests and people of connected workspaces are made up."""
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    workspace = slack_api.workspace
    if user not in workspace.people:
        workspace.people[user] = user.lower()
        workspace.profiles[user] = (
            Profile(is_guest=True) if user == GUEST else Profile(team="T0OTHER")
        )
    async with (
        listening(app) as url,
        Person(f"{url}/slack/events", SECRET, slack_api, user) as person,
    ):
        yield person


def show(
    slack_api: LocalSlack, notification: Notification = SEARCH, channel: str = "C0RECRUIT"
) -> Post:
    """Post the message of a notification."""
    message = SLACK_RENDERER.render(notification)
    assert block_errors(message.blocks) == []
    if channel.startswith("D"):
        slack_api.workspace.direct_message("U" + channel[1:])
    return slack_api.workspace.say(channel, message.text, blocks=[*message.blocks])


def labels(post: Post) -> list[str]:
    return [e.given["text"]["text"] for e in interactive_elements(post.blocks)]


async def press(person: Person, post: Post, label: str) -> None:
    """Press the button whose label begins so."""
    [found] = [
        element
        for element in interactive_elements(post.blocks)
        if element.given["text"]["text"].startswith(label)
    ]
    await person.press(post.channel, post.ts, found.block_id, found.given["action_id"])


def answers(slack_api: LocalSlack) -> list[Post]:
    """Return what was shown to the presser alone, the latest version of each."""
    return list({post.ts: post for post in slack_api.workspace.ephemeral_messages}.values())


def answer(slack_api: LocalSlack) -> str:
    """Return the text of the only answer."""
    [post] = answers(slack_api)
    assert block_errors(post.blocks) == []
    return text_of(post)


def text_of(post: Post) -> str:
    return "\n".join(texts([*post.blocks])) or post.text


def current(slack_api: LocalSlack, post: Post) -> Post:
    """Return the message as it is now."""
    found = slack_api.workspace.conversations[post.channel].find_post(post.ts)
    assert found is not None
    return found


def with_button(action_id: str, value: str, label: str = "Follow") -> Sequence[dict[str, Any]]:
    """Return blocks with a button that the bot would not make."""
    text = {"type": "plain_text", "text": label}
    button = {"type": "button", "action_id": action_id, "text": text, "value": value}
    return [{"type": "actions", "elements": [button]}]
