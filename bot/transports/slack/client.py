"""The one way in which Slack's Web API is called."""

import logging
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.http.proxies import proxy_for

# Of a body that is neither an object nor HTML, slack_sdk's validate() trips over the type; one in
# an unknown character set, or nested too deeply, fails in the decoder.
UNREADABLE = (AttributeError, ValueError, RecursionError)
"""What a call, or the model that reads its reply, raises for an answer that is not Slack's."""


def slack_client(
    token: str, api_url: str, *, timeout: timedelta = timedelta(seconds=10)
) -> AsyncWebClient:
    """A client that never repeats a call by itself, and logs no message.

    slack_sdk's own retry handler posts twice when a reply is lost. Below INFO its logger prints
    every request with all that is in it.

    Raises:
        SettingsError: if the environment names a proxy of a kind that is not supported.
    """
    quiet = logging.getLogger("bot.transports.slack.client")
    quiet.setLevel(logging.INFO)
    client = AsyncWebClient(
        token=token,
        base_url=api_url,
        timeout=max(1, round(timeout.total_seconds())),
        retry_handlers=[],
        logger=quiet,
    )
    client.proxy = proxy_for(api_url)  # instead of the one that slack_sdk finds
    return client
