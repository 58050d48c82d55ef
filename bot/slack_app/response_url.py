"""Answers to an interaction by its response URL.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import logging
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from aiohttp import ClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import SettingsError
from bot.http.proxies import proxy_for
from bot.transports.slack.message import SlackMessage

_TIMEOUT = 1
"""In seconds, while Slack waits for the request to be acknowledged."""
_ERRORS = (ClientError, OSError, ValueError, SettingsError)
"""What a request raises; a TimeoutError is an OSError."""

_log = structlog.get_logger()


async def post_response(
    url: str,
    message: SlackMessage,
    *,
    in_channel: bool = False,
    replaces: bool = False,
    seconds: int = _TIMEOUT,
) -> bool:
    """Show the message to the person alone, or to the channel, or in place of the one interacted with.

    `seconds` limits the request. Return whether Slack has accepted it; a failure is logged. Slack accepts five within half an hour.
    """
    try:
        response = await _client(url, seconds).send(
            text=message.text,
            blocks=[dict(block) for block in message.blocks],
            response_type="in_channel" if in_channel else "ephemeral",
            replace_original=replaces,
        )
    except _ERRORS as error:
        _log.warning("slack answer not shown", fault=type(error).__name__)
        return False
    if response.status_code != HTTPStatus.OK:
        _log.warning("slack answer not shown", status=response.status_code)
    return response.status_code == HTTPStatus.OK


def _client(url: str, seconds: int) -> AsyncWebhookClient:
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ValueError("a response URL must be one of HTTP")
    logger = logging.getLogger(__name__)
    logger.setLevel(logging.INFO)  # slack_sdk logs contents at DEBUG
    client = AsyncWebhookClient(url, timeout=seconds, retry_handlers=[], logger=logger)
    client.proxy = proxy_for(url)  # slack_sdk would ignore NO_PROXY
    return client
