"""The bot's exceptions: whether to retry, and which HTTP status to answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

_SETTING = re.compile(r"[A-Z][A-Z_]+")


class BotError(Exception):
    """Base of all errors of the bot; the text is meant for operators."""


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """A problem with the settings named in `subject`; `text` says what is wrong."""

    subject: str
    text: str

    @property
    def names(self) -> frozenset[str]:
        return settings_in(self.subject)

    def __str__(self) -> str:
        comma = "," if "," in self.subject else ""
        return f"{self.subject}{comma} {self.text}"


class SettingsError(BotError):
    """Some settings are missing, malformed or in conflict; the text names them all."""

    def __init__(self, problems: Sequence[SettingsProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class RegistryError(BotError):
    """A handler does not fulfil its contract; the process does not start."""


class RenderError(BotError):
    """A template could not be rendered; the text names the template, and contains no value."""


class CorruptRecord(BotError):
    """A value in Redis is not one that the bot writes."""


class LeaseLost(BotError):
    """Another worker may have this job now; stop without writing anything."""


class IntakeError(BotError):
    """A request is refused with this status and these headers, and counted as `reason`."""

    def __init__(
        self, status: int, reason: str, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status, self.reason, self.headers = status, reason, headers


class InvalidSignature(IntakeError):
    def __init__(self) -> None:
        super().__init__(401, "signature", "Invalid signature")


class InvalidEnvelope(IntakeError):
    def __init__(self, text: str) -> None:
        super().__init__(400, "envelope", text)


class StaleEvent(IntakeError):
    def __init__(self, text: str) -> None:
        super().__init__(400, "stale", text)


class DeliveryError(BotError):
    """A send failed.

    `reason` is shown to operators, and contains no secret and no payload. `retry` says whether to try
    again, `after` the minimal delay, `uses_attempt` whether this attempt counts, and
    `maybe_delivered` whether the message may have arrived. `gone` says why nothing can be sent to the
    destination any more, such as "the channel is archived".
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool,
        after: timedelta | None = None,
        uses_attempt: bool = True,
        maybe_delivered: bool = False,
        gone: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.after = after
        self.uses_attempt = uses_attempt
        self.maybe_delivered = maybe_delivered
        self.gone = gone

    @classmethod
    def transient(cls, reason: str, *, maybe_delivered: bool = False) -> "DeliveryError":
        """Return an error after which the delivery is retried."""
        return cls(reason, retry=True, maybe_delivered=maybe_delivered)

    @classmethod
    def rate_limited(cls, reason: str, after: timedelta) -> "DeliveryError":
        """Return an error after which the delivery is retried without using an attempt."""
        return cls(reason, retry=True, after=after, uses_attempt=False)

    @classmethod
    def permanent(
        cls, reason: str, *, maybe_delivered: bool = False, gone: str = ""
    ) -> "DeliveryError":
        """Return an error that makes the delivery a dead letter."""
        return cls(reason, retry=False, maybe_delivered=maybe_delivered, gone=gone)


def settings_in(text: str) -> frozenset[str]:
    """Return the names of settings in a text."""
    return frozenset(_SETTING.findall(text))
