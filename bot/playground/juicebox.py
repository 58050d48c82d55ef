"""Plays Juicebox: signs events and posts them, and again where the bot could not take them in."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from pydantic_core import from_json

from bot.errors import BotError
from bot.intake.signature import HEADER, sign
from bot.playground.feed import MOST_OF_A_KIND, Feed
from bot.playground.server_timing import durations

_PATIENCE = aiohttp.ClientTimeout(total=15)
_MOST_ATTEMPTS = 20
_AGAIN_SECONDS = 5.0
"""After an answer that names no `Retry-After`, and after none at all."""
_UNAVAILABLE = 500


class NothingSent(BotError):
    """There is nothing yet that could be sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one POST. `at` is when it began, in seconds since 1970; `ms` what it took."""

    at: float
    ms: float
    status: int | None = None
    body: str = ""
    error: str | None = None
    retry_after: float = _AGAIN_SECONDS
    laps: Mapping[str, float] = field(default_factory=dict)

    @property
    def wants_it_again(self) -> bool:
        return self.status is None or self.status >= _UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Letter:
    """A body on its way, with the signature that goes along."""

    label: str
    body: bytes
    signature: str

    @property
    def names(self) -> tuple[str | None, str]:
        """The event's id and type, as far as the body is one."""
        try:
            given = from_json(self.body)
        except ValueError:
            return None, ""
        if not isinstance(given, dict):
            return None, ""
        event_id, event_type = given.get("id"), given.get("type")
        return (
            event_id if isinstance(event_id, str) else None,
            event_type if isinstance(event_type, str) else "",
        )


class Juicebox:
    """Posts to one webhook, and tells the feed of every answer.

    `secret` is what it signs with. `postings` has, for the latest events, each POST in its order;
    `answered` is called after each.
    """

    def __init__(self, url: str, secret: str, feed: Feed) -> None:
        self._url = url
        self._secret = secret.encode()
        self._feed = feed
        self._numbers = itertools.count(1)
        self._work: set[asyncio.Task[None]] = set()
        self._last: bytes | None = None
        self.postings: dict[str, list[Answer]] = {}
        self.answered: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._session.close()

    def send(self, body: bytes, label: str, *, genuine: bool = True) -> int:
        """Post the body in the background; `genuine` decides whether its signature holds."""
        n = next(self._numbers)
        if genuine:
            self._last = body
        secret = self._secret if genuine else b"not the secret"
        self._start(self._deliver(n, Letter(label, body, sign(body, secret))))
        return n

    def send_again(self) -> int:
        """Post the last body that was sent before, as it was.

        Raises:
            NothingSent: if there is none.
        """
        if self._last is None:
            raise NothingSent("nothing has been sent yet that could be sent again")
        return self.send(self._last, "Duplicate")

    def burst(self, bodies: Sequence[bytes], label: str) -> int:
        """Post them all at once; they share one answer, which counts."""
        n = next(self._numbers)
        self._last = bodies[-1]
        self._start(self._deliver_all(n, label, bodies))
        return n

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _deliver(self, n: int, letter: Letter) -> None:
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            answer = await self._post(letter)
            again = answer.retry_after if answer.wants_it_again else None
            self._tell(n, letter, answer, attempt=attempt, again_in_s=again)
            if again is None:
                return
            await asyncio.sleep(again)

    async def _deliver_all(self, n: int, label: str, bodies: Sequence[bytes]) -> None:
        letters = [Letter(label, body, sign(body, self._secret)) for body in bodies]
        answers: dict[bytes, Answer] = {}
        waiting = letters
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            fresh = await asyncio.gather(*map(self._post, waiting))
            answers |= {letter.body: a for letter, a in zip(waiting, fresh, strict=True)}
            waiting = [letter for letter in waiting if answers[letter.body].wants_it_again]
            pauses = [answers[letter.body].retry_after for letter in waiting]
            again = max(pauses, default=None)
            statuses = Counter(str(answer.status or "none") for answer in answers.values())
            slowest = max(fresh, key=lambda answer: answer.ms)
            count = {"count": len(letters), "statuses": dict(statuses)}
            self._tell(n, letters[0], slowest, attempt=attempt, again_in_s=again, **count)
            if again is None:
                return
            await asyncio.sleep(again)

    async def _post(self, letter: Letter) -> Answer:
        headers = {HEADER.decode(): letter.signature, "Content-Type": "application/json"}
        at, began = time.time(), time.perf_counter()
        try:
            async with self._session.post(self._url, data=letter.body, headers=headers) as reply:
                body = await reply.text(errors="replace")
        except (aiohttp.ClientError, OSError) as fault:
            why = "no answer in time" if isinstance(fault, TimeoutError) else "cannot be reached"
            return self._keep(letter, Answer(at, _ms_since(began), error=f"the bot: {why}"))
        answer = Answer(
            at=at,
            ms=_ms_since(began),
            status=reply.status,
            body=body,
            retry_after=_seconds(reply.headers.get("Retry-After", "")),
            laps=durations(reply.headers.get("Server-Timing", "")),
        )
        return self._keep(letter, answer)

    def _keep(self, letter: Letter, answer: Answer) -> Answer:
        event_id, _ = letter.names
        if event_id is not None:
            self.postings.setdefault(event_id, []).append(answer)
            while len(self.postings) > MOST_OF_A_KIND:
                del self.postings[next(iter(self.postings))]
        self.answered()
        return answer

    def _tell(self, n: int, letter: Letter, answer: Answer, **more: Any) -> None:
        event_id, event_type = letter.names
        self._feed.tell(
            "answer",
            str(n),
            n=n,
            label=letter.label,
            event_id=event_id,
            type=event_type,
            at=answer.at * 1000,
            status=answer.status,
            body=answer.body,
            error=answer.error,
            ms=round(answer.ms, 1),
            request_body=letter.body.decode(errors="replace"),
            signature=letter.signature,
            **more,
        )


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() else _AGAIN_SECONDS
