"""Faults that a local server can be told to have, each of them once and in order."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

F = TypeVar("F")


class FaultPlan(Generic[F]):
    """For each name, the faults that its next calls run into; None among them is a call that works.

    What is to `stay` hits every call for which nothing else is waiting. `changed` is called whenever
    one fewer is waiting.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[F | None]] = defaultdict(deque)
        self._staying: dict[str, F] = {}
        self.changed: Callable[[], None] = lambda: None

    def add(self, name: str, faults: Iterable[F | None]) -> None:
        self._waiting[name].extend(faults)

    def stay(self, name: str, fault: F) -> None:
        self._staying[name] = fault

    def left(self, name: str) -> int | None:
        """How many of the next calls are spoken for; None if all are, until it is cleared."""
        return None if name in self._staying else len(self._waiting[name])

    def next(self, name: str) -> F | None:
        waiting = self._waiting[name]
        if not waiting:
            return self._staying.get(name)
        fault = waiting.popleft()
        self.changed()
        return fault

    def clear(self) -> None:
        self._waiting.clear()
        self._staying.clear()


@dataclass(frozen=True, slots=True)
class HttpFault:
    """What goes wrong with one call of an HTTP API.

    A call that is `accepted` takes effect all the same. `code` 0 means that no answer is given:
    the connection is dropped, or it `hangs`. `retry_after` is sent as it is, however odd.
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
        """429; without a `Retry-After` if that is None."""
        wait = None if retry_after is None else str(retry_after)
        return cls(429, '{"ok":false,"error":"ratelimited"}', retry_after=wait)

    @classmethod
    def error(cls, name: str, code: int = 200) -> "HttpFault":
        return cls(code, f'{{"ok":false,"error":"{name}"}}')

    @classmethod
    def garbage(cls, body: str, content_type: str = "application/json") -> "HttpFault":
        """The call takes effect, and is answered 200 with a body that makes no sense."""
        return cls(200, body, content_type, accepted=True)

    @classmethod
    def lost_reply(cls) -> "HttpFault":
        """The call takes effect, and the connection is dropped instead of an answer."""
        return cls(accepted=True)

    @classmethod
    def dropped(cls) -> "HttpFault":
        """The connection is dropped, and nothing has happened."""
        return cls()

    @classmethod
    def hang(cls, *, accepted: bool = False) -> "HttpFault":
        """No answer for as long as the caller has patience."""
        return cls(hangs=True, accepted=accepted)


@dataclass(frozen=True, slots=True)
class SmtpFault:
    """What goes wrong with one SMTP command. `kept` says that the mail is kept all the same."""

    reply: str = ""
    kept: bool = False
    hangs: bool = False

    @classmethod
    def reply_with(cls, code: int, text: str = "refused") -> "SmtpFault":
        """That reply; 421 hangs up after it, as RFC 5321 has it."""
        return cls(f"{code} {text}")

    @classmethod
    def lost_reply(cls) -> "SmtpFault":
        """After DATA: the mail is kept, and the connection is dropped instead of the reply."""
        return cls(kept=True)

    @classmethod
    def dropped(cls) -> "SmtpFault":
        return cls()

    @classmethod
    def hang(cls, *, kept: bool = False) -> "SmtpFault":
        return cls(hangs=True, kept=kept)
