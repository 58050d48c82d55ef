"""Slack's requests: by HTTP, or over Socket Mode where there is an app token."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.errors import IntakeError, InvalidEnvelope, InvalidSignature
from bot.http.body import read_body
from bot.slack_app.background import Background
from bot.slack_app.socket_mode import SocketMode

_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

_UNEXPECTED_SHAPE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Bolt reads the body's fields without checking that they have the types that Slack documents."""
_UNKNOWN_FORMAT = "not in the format that Slack documents"

_log = structlog.get_logger()


class SlackEndpoint:
    """Passes Slack's requests by HTTP to Bolt once their signature is verified.

    Bolt parses a request before it verifies it, and slack_sdk's verifier raises on a signature that
    is not ASCII or a timestamp that is not a number, so anyone could cause an error 500. Therefore
    the signature is verified here before anything is parsed, with slack_sdk's verifier and its
    tolerance of five minutes. Bolt then verifies it again.
    https://docs.slack.dev/authentication/verifying-requests-from-slack/
    """

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: Request) -> Response:
        """Answer `POST /slack/events`."""
        try:
            body = await read_body(request)
            if _is_certificate_check(request, body):
                return Response()
            self._verify(request, body)
            return await self._dispatch(request, body)
        except IntakeError as refusal:
            _log.warning("slack refused", reason=refusal.reason, status=refusal.status)
            return JSONResponse({"error": str(refusal)}, refusal.status, refusal.headers)

    async def _dispatch(self, request: Request, body: bytes) -> Response:
        try:
            answer = await self._app.async_dispatch(to_async_bolt_request(request, body))
        except _UNEXPECTED_SHAPE as error:
            _log.warning("slack request not understood", fault=type(error).__name__)
            raise InvalidEnvelope(_UNKNOWN_FORMAT) from None
        if answer.status == HTTPStatus.BAD_REQUEST:  # Bolt gives no reason with it
            raise InvalidEnvelope(_UNKNOWN_FORMAT)
        return to_starlette_response(answer)

    def _verify(self, request: Request, body: bytes) -> None:
        signature = _header(request, "x-slack-signature", _SIGNATURE)
        timestamp = _header(request, "x-slack-request-timestamp", _TIMESTAMP)
        try:
            genuine = self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            raise InvalidSignature from None
        if not genuine:
            raise InvalidSignature


@dataclass(frozen=True, slots=True)
class SlackEndpoints:
    """The HTTP endpoint, and Socket Mode in its place where there is an app token."""

    endpoint: SlackEndpoint
    socket: SocketMode | None
    background: Background = field(default_factory=Background)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the socket open; at the end, stop what goes on after an answer."""
        async with (
            self.background.running(),
            self.socket.running() if self.socket else nullcontext(),
        ):
            yield


def _header(request: Request, name: str, pattern: re.Pattern[str]) -> str:
    """Return the header's value if it occurs exactly once and matches the pattern."""
    values = request.headers.getlist(name)
    if len(values) != 1 or not pattern.fullmatch(values[0]):
        raise InvalidSignature
    return values[0]


def _is_certificate_check(request: Request, body: bytes) -> bool:
    """Whether Slack only checks our TLS certificate: it signs nothing and expects a 200.

    https://docs.slack.dev/interactivity/implementing-slash-commands/
    """
    unsigned = "x-slack-signature" not in request.headers
    return unsigned and b"&ssl_check=1&" in b"&" + body + b"&"
