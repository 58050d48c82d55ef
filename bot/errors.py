"""Errors that know what should happen next."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

_LONGEST_VALUE = 80
_SETTING = re.compile(r"[A-Z][A-Z_]+")


class BotError(Exception):
    """Anything this program raises on purpose. The text is fit for the people who run it."""


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """What is wrong with one or several settings: `subject` names them, `text` says what it is."""

    subject: str
    text: str

    @property
    def names(self) -> frozenset[str]:
        return settings_in(self.subject)

    def __str__(self) -> str:
        comma = "," if "," in self.subject else ""
        return f"{self.subject}{comma} {self.text}"


class SettingsError(BotError):
    """The environment is not fit to start with; the text names each setting that is wrong."""

    def __init__(self, problems: Sequence[SettingsProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class RegistryError(BotError):
    """A handler breaks its contract; the process does not start."""


class RenderError(BotError):
    """A template could not be made into a message; the text names the template, never a value."""


class CorruptRecord(BotError):
    """What was read back from Redis is not what this program writes."""


class LeaseLost(BotError):
    """Another worker may have this job now: stop, and touch nothing."""


class TryAgain(BotError):
    """A job is to run again, not before `after` has passed."""

    def __init__(self, message: str, after: timedelta) -> None:
        super().__init__(message)
        self.after = after


class IntakeError(BotError):
    """A request is refused: with which status and headers, under which name it is counted."""

    status: int
    reason: str
    headers: Mapping[str, str] = {}


class InvalidSignature(IntakeError):
    status = 401
    reason = "signature"

    def __init__(self) -> None:
        super().__init__("Invalid signature")


class InvalidEnvelope(IntakeError):
    status = 400
    reason = "envelope"


class StaleEvent(IntakeError):
    status = 400
    reason = "stale"


class BodyTooLarge(IntakeError):
    status = 413
    reason = "size"


class BodyTooSlow(IntakeError):
    status = 408
    reason = "slow"
    headers = {"Connection": "close"}  # noqa: RUF012  # nobody writes to it


class BodyCutOff(IntakeError):
    status = 400
    reason = "disconnect"


class UnsupportedBody(IntakeError):
    status = 415
    reason = "media_type"


class StoreUnavailable(IntakeError):
    status = 503
    reason = "store"
    headers = {"Retry-After": "5"}  # noqa: RUF012  # nobody writes to it


class DeliveryError(BotError):
    """A send that failed, and what that means for the next one.

    `reason` is shown to people: no secrets, no payload. `retry` says whether another attempt makes
    sense, `after` that it must wait at least so long, `uses_attempt` whether this one counts as an
    attempt, and `maybe_delivered` that the message may have got through all the same.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool,
        after: timedelta | None = None,
        uses_attempt: bool = True,
        maybe_delivered: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.after = after
        self.uses_attempt = uses_attempt
        self.maybe_delivered = maybe_delivered

    @classmethod
    def transient(cls, reason: str, *, maybe_delivered: bool = False) -> "DeliveryError":
        """A fault that can pass by itself."""
        return cls(reason, retry=True, maybe_delivered=maybe_delivered)

    @classmethod
    def rate_limited(cls, reason: str, after: timedelta) -> "DeliveryError":
        """The other side asks for patience; waiting uses up no attempt."""
        return cls(reason, retry=True, after=after, uses_attempt=False)

    @classmethod
    def permanent(cls, reason: str, *, maybe_delivered: bool = False) -> "DeliveryError":
        """A fault that no repetition mends."""
        return cls(reason, retry=False, maybe_delivered=maybe_delivered)


def settings_in(text: str) -> frozenset[str]:
    """The names of settings that a text mentions."""
    return frozenset(_SETTING.findall(text))


def quoted(value: object) -> str:
    """The value in quotes, or its beginning, for the text of an error."""
    text = str(value)
    return f"{text[:_LONGEST_VALUE]!r}{'…' if len(text) > _LONGEST_VALUE else ''}"
