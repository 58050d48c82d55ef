"""Dead letters, and how operators are told about them."""

import shlex
from dataclasses import dataclass
from enum import StrEnum

NOTICE_TEMPLATE = "dead_letter"
"""The template of every notice to operators; no other notification uses it."""


class DeadLetterKind(StrEnum):
    EVENT = "event"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event or a delivery that is not retried automatically.

    Its text, `event:<id>` or `delivery:<id>`, is stored in Redis and passed to the job that reports it.
    """

    kind: DeadLetterKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def event(cls, event_id: str) -> "DeadLetter":
        return cls(DeadLetterKind.EVENT, event_id)

    @classmethod
    def delivery(cls, delivery_id: str) -> "DeadLetter":
        return cls(DeadLetterKind.DELIVERY, delivery_id)

    @classmethod
    def parse(cls, text: str) -> "DeadLetter":
        """Read `event:<id>` or `delivery:<id>`.

        Raises:
            ValueError: if it is neither.
        """
        kind, _, subject_id = text.partition(":")
        if not subject_id:
            raise ValueError(f"a dead letter must be event:<id> or delivery:<id>, got {text!r}")
        return cls(DeadLetterKind(kind), subject_id)


def retry_command(subject_id: str) -> str:
    """Return the shell command that requeues an event or a delivery, run from the source tree.

    The id is quoted for the shell, because the caller chooses the id of an event.
    """
    return f"python -m bot retry {shlex.quote(subject_id)}"
