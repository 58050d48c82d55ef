"""Faults to inject into the local servers."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

F = TypeVar("F")


class FaultPlan(Generic[F]):
    """The faults of each method's next calls, in order; None stands for a call that works.

    A repeated fault hits every call for which none is queued. `on_change` is called whenever a
    queued fault has been used.
    """

    def __init__(self) -> None:
        self._queued: dict[str, deque[F | None]] = defaultdict(deque)
        self._repeated: dict[str, F] = {}
        self.on_change: Callable[[], None] = lambda: None

    def add(self, method: str, faults: Iterable[F | None]) -> None:
        self._queued[method].extend(faults)

    def repeat(self, method: str, fault: F) -> None:
        self._repeated[method] = fault

    def remaining(self, method: str) -> int | None:
        """Return the number of queued faults, or None if one is repeated until it is cleared."""
        return None if method in self._repeated else len(self._queued[method])

    def next(self, method: str) -> F | None:
        queued = self._queued[method]
        if not queued:
            return self._repeated.get(method)
        fault = queued.popleft()
        self.on_change()
        return fault

    def clear(self) -> None:
        self._queued.clear()
        self._repeated.clear()


@dataclass(frozen=True, slots=True)
class HttpFault:
    """A fault of one call of an HTTP API.

    A call that is `accepted` takes effect in spite of the fault. With `code` 0 there is no
    response: the connection is dropped, or it `hangs`. `retry_after` is sent unchanged, so that it
    may be malformed.
    """

    code: int = 0
    body: str = ""
    content_type: str = "application/json"
    retry_after: str | None = None
    accepted: bool = False
    hangs: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        return {} if self.retry_after is None else {"Retry-After": self.retry_after}

    @classmethod
    def status(cls, code: int, body: str = "", content_type: str = "text/html") -> "HttpFault":
        return cls(code, body, content_type)

    @classmethod
    def rate_limited(cls, retry_after: str | int | None = 1) -> "HttpFault":
        """Respond with 429, without a `Retry-After` if that is None."""
        wait = None if retry_after is None else str(retry_after)
        return cls(429, '{"ok":false,"error":"ratelimited"}', retry_after=wait)

    @classmethod
    def error(cls, name: str, code: int = 200) -> "HttpFault":
        return cls(code, f'{{"ok":false,"error":"{name}"}}')

    @classmethod
    def garbage(cls, body: str, content_type: str = "application/json") -> "HttpFault":
        """Accept the call, and respond with 200 and an unreadable body."""
        return cls(200, body, content_type, accepted=True)

    @classmethod
    def lost_reply(cls) -> "HttpFault":
        """Accept the call, and drop the connection without a response."""
        return cls(accepted=True)

    @classmethod
    def dropped(cls) -> "HttpFault":
        """Drop the connection without accepting the call."""
        return cls()

    @classmethod
    def hang(cls, *, accepted: bool = False) -> "HttpFault":
        """Never respond."""
        return cls(hangs=True, accepted=accepted)


@dataclass(frozen=True, slots=True)
class SmtpFault:
    """A fault of one SMTP command. The mail is accepted in spite of it if `kept`."""

    reply: str = ""
    kept: bool = False
    hangs: bool = False

    @classmethod
    def reply_with(cls, code: int, text: str = "refused") -> "SmtpFault":
        """Reply with that code; 421 closes the connection, as RFC 5321 requires."""
        return cls(f"{code} {text}")

    @classmethod
    def lost_reply(cls) -> "SmtpFault":
        """Accept the mail after DATA, and drop the connection without a reply."""
        return cls(kept=True)

    @classmethod
    def dropped(cls) -> "SmtpFault":
        return cls()

    @classmethod
    def hang(cls, *, kept: bool = False) -> "SmtpFault":
        return cls(hangs=True, kept=kept)
