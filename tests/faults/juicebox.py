"""A webhook sender that repeats each event until the response is 200."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from tests.app import SECRET, signed
from tests.faults.deployment import Web

_RETRY_INTERVAL = 0.05
_TIMEOUT = 600


@dataclass
class Juicebox:
    """Sends webhooks to the process that `web` returns at that moment, signed with `secret`."""

    web: Callable[[], Web]
    secret: bytes = SECRET
    answers: Counter[str] = field(default_factory=Counter)
    """The number of responses by status; `none` if the connection broke."""

    async def send(self, body: bytes) -> None:
        """Send until the response is 200."""
        async with asyncio.timeout(_TIMEOUT):
            while not await self._is_accepted(body):  # noqa: ASYNC110  # a sender can only poll
                await asyncio.sleep(_RETRY_INTERVAL)

    async def send_all(self, bodies: Iterable[bytes], at_once: int = 20) -> None:
        """Send each body until its response is 200, `at_once` at a time."""
        remaining = iter(bodies)

        async def send_next() -> None:
            for body in remaining:
                await self.send(body)

        await asyncio.gather(*(send_next() for _ in range(at_once)))

    async def _is_accepted(self, body: bytes) -> bool:
        try:
            answer = await self.web().receive(body, signed(body, self.secret))
        except httpx.TransportError:
            self.answers["none"] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        return answer.status_code == httpx.codes.OK
