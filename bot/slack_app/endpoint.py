"""The HTTP door for Slack: what Bolt trusts too early is checked before Bolt sees it."""

import re
from http import HTTPStatus

import structlog
from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.errors import IntakeError, InvalidEnvelope, InvalidSignature
from bot.http.body import read_body

_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

_ODDLY_SHAPED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Bolt reads the body's fields as if they had the types that Slack documents."""
_NOT_SLACKS = "not a request as Slack makes them"

_log = structlog.get_logger()


class SlackEndpoint:
    """Takes Slack's requests by HTTP, and hands those that are genuine to Bolt.

    Bolt parses a request before it verifies it, and slack_sdk's verifier raises on a signature that
    is not ASCII or a timestamp that is not a number: each would be an error 500 that anyone can
    cause. So the signature is verified here, by slack_sdk's rule and within its five minutes, before
    anything is parsed. Bolt's own check stays on behind it.
    https://docs.slack.dev/authentication/verifying-requests-from-slack/
    """

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: Request) -> Response:
        """Answer `POST /slack/events`."""
        try:
            body = await read_body(request)
            if _asks_for_the_certificate(request, body):
                return Response()
            self._verify(request, body)
            return await self._answer(_parse(request, body))
        except IntakeError as refusal:
            _log.warning("slack refused", reason=refusal.reason, status=refusal.status)
            return JSONResponse({"error": str(refusal)}, refusal.status, refusal.headers)

    async def _answer(self, asked: AsyncBoltRequest) -> Response:
        try:
            answer = await self._app.async_dispatch(asked)
        except _ODDLY_SHAPED as error:
            _log.warning("slack request not understood", fault=type(error).__name__)
            raise InvalidEnvelope(_NOT_SLACKS) from None
        if answer.status == HTTPStatus.BAD_REQUEST:  # Bolt gives no reason with it
            raise InvalidEnvelope(_NOT_SLACKS)
        return to_starlette_response(answer)

    def _verify(self, request: Request, body: bytes) -> None:
        signature = _only(request, "x-slack-signature", _SIGNATURE)
        timestamp = _only(request, "x-slack-request-timestamp", _TIMESTAMP)
        try:
            genuine = self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            raise InvalidSignature from None
        if not genuine:
            raise InvalidSignature


def _only(request: Request, name: str, shape: re.Pattern[str]) -> str:
    """The header's value, if it is there once and in its right shape."""
    values = request.headers.getlist(name)
    if len(values) != 1 or not shape.fullmatch(values[0]):
        raise InvalidSignature
    return values[0]


def _asks_for_the_certificate(request: Request, body: bytes) -> bool:
    """Whether Slack only looks at our TLS certificate: unsigned, and a 200 is all it wants.

    https://docs.slack.dev/interactivity/implementing-slash-commands/
    """
    unsigned = "x-slack-signature" not in request.headers
    return unsigned and b"&ssl_check=1&" in b"&" + body + b"&"


def _parse(request: Request, body: bytes) -> AsyncBoltRequest:
    try:
        return to_async_bolt_request(request, body)
    except _ODDLY_SHAPED:
        raise InvalidEnvelope(_NOT_SLACKS) from None
