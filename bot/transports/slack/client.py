"""The client of Slack's Web API."""

import logging
import math

from slack_sdk.web.async_client import AsyncWebClient

from bot.http.proxies import proxy_for
from bot.transports.slack.replies import Channel, Channels

UNREADABLE = (AttributeError, TypeError, ValueError, RecursionError)
"""Raised by slack_sdk, or by our model of the reply, for a reply that is not Slack's.

slack_sdk expects an object; its decoder fails for an unknown character set or deep nesting.
"""


def slack_client(token: str, api_url: str, *, timeout: int = 10) -> AsyncWebClient:
    """Return a client that neither retries nor logs messages; `timeout` is in seconds.

    slack_sdk's retry handler posts twice if a reply is lost, and its logger prints the contents of
    each request at DEBUG.

    Raises:
        SettingsError: if the environment names an unsupported kind of proxy.
    """
    logger = logging.getLogger("bot.transports.slack.client")
    logger.setLevel(logging.INFO)
    client = AsyncWebClient(
        token=token, base_url=api_url, timeout=timeout, retry_handlers=[], logger=logger
    )
    client.proxy = proxy_for(api_url)  # slack_sdk would ignore NO_PROXY
    return client


async def find_channel(
    client: AsyncWebClient, name: str, *, page_size: int, max_pages: float = math.inf
) -> Channel | None:
    """Look through the channels that the bot can see for `name` or `#name`."""
    pages = 0
    async for page in await client.conversations_list(
        types="public_channel,private_channel", exclude_archived=True, limit=page_size
    ):
        for channel in Channels.model_validate(page.data).channels:
            if channel.name == name.removeprefix("#"):
                return channel
        pages += 1
        if pages >= max_pages:
            break
    return None
