"""Answers that come later, by Slack's response URLs."""

import structlog
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.http.proxies import proxy_for
from bot.slack_app.context import Asker
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.message import SlackMessage

_TIMEOUT = 10
_OK = 200

_log = structlog.get_logger()


async def respond(asker: Asker, message: SlackMessage, *, replace: bool = False) -> None:
    """Show the message to the asker; with `replace`, in place of the one with the button.

    Slack takes five answers within half an hour of the command or the press. A failure is logged.
    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """
    client = AsyncWebhookClient(asker.response_url, timeout=_TIMEOUT, retry_handlers=[])
    client.proxy = proxy_for(asker.response_url)  # slack_sdk would ignore NO_PROXY
    try:
        reply = await client.send(
            text=message.text,
            blocks=[dict(block) for block in message.blocks],
            response_type="ephemeral",
            replace_original=replace,
        )
    except CALL_ERRORS as error:
        _log.warning("slack answer not shown", fault=type(error).__name__)
        return
    if reply.status_code != _OK:
        _log.warning("slack answer not shown", status=reply.status_code)
