"""`/unsubscribe/{token}`: a page that asks, and the POST that unsubscribes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.errors import IntakeError
from bot.http.body import read_body
from bot.store import Store
from bot.unsubscribe import page
from bot.unsubscribe.links import ONE_CLICK, Tokens
from bot.unsubscribe.unsubscription import unsubscribe_address

_LARGEST_BODY = 16 * 1024
_RETRY_AFTER = 5

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UnsubscribeEndpoint:
    """Answers without login or cookies, as RFC 8058 has it; the token says which address it is about.

    Programs that look at every link of an email send GET, so GET changes nothing. Neither the address nor
    the token is logged.
    """

    store: Store
    tokens: Tokens
    clock: Callable[[], datetime]

    async def handle(self, request: Request) -> Response:
        """Answer `GET`, `HEAD` and `POST`."""
        address = self.tokens.read(request.path_params["token"])
        if address is None:
            return page.unknown_link()
        if request.method != "POST":
            return page.question(address)
        try:
            body = await read_body(request, _LARGEST_BODY)
        except IntakeError as refusal:
            return JSONResponse({"error": str(refusal)}, refusal.status, refusal.headers)
        if not _is_one_click(body):
            return page.not_confirmed()
        return await self._unsubscribe(address)

    async def _unsubscribe(self, address: str) -> Response:
        try:
            changed = await unsubscribe_address(self.store, address, self.clock())
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            # The error's text is not logged: it may contain the address.
            _log.error("not unsubscribed", fault=type(error).__name__)  # for that reason
            return page.try_again(_RETRY_AFTER)
        _log.info("unsubscribed" if changed else "unsubscribed before", channel="email")
        return page.done(address)


def _is_one_click(body: bytes) -> bool:
    """Return whether the body has the field of RFC 8058, as form data of either of its two types.

    Neither type encodes its letters or its hyphens, so the parts of the body need not be parsed.
    """
    name, value = ONE_CLICK
    return name.encode() in body and value.encode() in body
