"""Juicebox as a sender that does not give up: what is not answered 200 is sent again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

from tests.app import SECRET, signed
from tests.faults.deployment import Web

_AGAIN_SECONDS = 0.05
_GIVE_UP_SECONDS = 600


@dataclass
class Juicebox:
    """Sends to whatever `web` is the deployment's at the moment, signed by whatever `secret` is."""

    web: Callable[[], Web]
    secret: bytes = SECRET
    answers: Counter[str] = field(default_factory=Counter)
    """How often each status came; `none` where the connection broke."""

    async def send(self, body: bytes) -> None:
        """Send until it is answered 200."""
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            while not await self._is_taken(body):  # noqa: ASYNC110  # a sender knows no more
                await asyncio.sleep(_AGAIN_SECONDS)

    async def send_all(self, bodies: Iterable[bytes], at_once: int = 20) -> None:
        """Send each of them until it is answered 200, so many at the same moment."""
        waiting = iter(bodies)

        async def lane() -> None:
            for body in waiting:
                await self.send(body)

        await asyncio.gather(*(lane() for _ in range(at_once)))

    async def _is_taken(self, body: bytes) -> bool:
        try:
            answer = await self.web().receive(body, signed(body, self.secret))
        except httpx.TransportError:
            self.answers["none"] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        return answer.status_code == httpx.codes.OK
