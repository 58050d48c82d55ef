"""The client of Slack's Web API."""

import logging
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.http.proxies import proxy_for

UNREADABLE = (AttributeError, TypeError, ValueError, RecursionError)
"""Raised by slack_sdk, or by our model of the reply, for a reply that is not Slack's.

slack_sdk expects an object; its decoder fails for an unknown character set or deep nesting.
"""


def slack_client(
    token: str, api_url: str, *, timeout: timedelta = timedelta(seconds=10)
) -> AsyncWebClient:
    """Return a client that neither retries nor logs messages.

    slack_sdk's retry handler posts twice if a reply is lost, and its logger prints the contents of
    each request at DEBUG.

    Raises:
        SettingsError: if the environment names an unsupported kind of proxy.
    """
    logger = logging.getLogger("bot.transports.slack.client")
    logger.setLevel(logging.INFO)
    client = AsyncWebClient(
        token=token,
        base_url=api_url,
        timeout=max(1, round(timeout.total_seconds())),
        retry_handlers=[],
        logger=logger,
    )
    client.proxy = proxy_for(api_url)  # slack_sdk would ignore NO_PROXY
    return client
