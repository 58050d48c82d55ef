"""Requests to an app, signed as Slack signs them.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.fakes.slack.payloads import FORM

_OK = 200


class RequestFailed(Exception):
    """The app did not respond with 200 in time; the message is Slack's name for the error."""


class SignedRequests:
    """Posts to the app at `url`; `timeout` is in seconds."""

    def __init__(self, url: str, secret: str, timeout: float) -> None:
        self._url = url
        self._signer = SignatureVerifier(secret)
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def event(self, payload: Mapping[str, Any]) -> None:
        """Post an event.

        Raises:
            RequestFailed: if there is no 200 in time.
        """
        await self._send(json.dumps(payload), "application/json")

    async def interaction(self, payload: Mapping[str, Any]) -> bytes:
        """Post an interaction, and return the body of the response.

        Raises:
            RequestFailed: if there is no 200 in time.
        """
        return await self.form({"payload": json.dumps(payload)})

    async def form(self, fields: Mapping[str, str]) -> bytes:
        """Post a form, and return the body of the response.

        Raises:
            RequestFailed: if there is no 200 in time.
        """
        return await self._send(urlencode(fields), FORM)

    async def _send(self, body: str, content_type: str) -> bytes:
        timestamp = str(int(time.time()))
        signature = self._signer.generate_signature(timestamp=timestamp, body=body)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or "",
        }
        try:
            async with self._session.post(
                self._url, data=body.encode(), headers=headers
            ) as response:
                content = await response.read()
        except TimeoutError:
            raise RequestFailed("operation_timeout") from None
        except aiohttp.ClientError:
            raise RequestFailed("dispatch_failed") from None
        if response.status != _OK:
            raise RequestFailed("dispatch_failed")
        return content
