"""Answers that come later, by Slack's response URLs."""

from bot.slack_app.context import Asker
from bot.slack_app.response_url import post_response
from bot.transports.slack.message import SlackMessage

_TIMEOUT = 10


async def respond(asker: Asker, message: SlackMessage, *, replace: bool = False) -> None:
    """Show the message to the asker; with `replace`, in place of the one with the button."""
    await post_response(asker.response_url, message, replaces=replace, seconds=_TIMEOUT)
