"""Dead letters, and how operators are told about them."""

from dataclasses import dataclass

NOTICE_TEMPLATE = "dead_letter"
"""The template of a notice to operators that something has failed; no other notification uses it."""
PAUSED_TEMPLATE = "paused_place"
"""The template of a notice that nothing can be sent to a place any more."""
NOTICE_TEMPLATES = frozenset({NOTICE_TEMPLATE, PAUSED_TEMPLATE})
_EVENT, _DELIVERY = "event", "delivery"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event, or one of its deliveries, that is not retried automatically.

    Its text, `event:<event id>` or `delivery:<delivery id>:<event id>`, is stored in Redis.
    """

    event_id: str
    delivery_id: str = ""

    @property
    def kind(self) -> str:
        return _DELIVERY if self.delivery_id else _EVENT

    @property
    def id(self) -> str:
        """The id of the delivery, or else of the event."""
        return self.delivery_id or self.event_id

    def __str__(self) -> str:
        place = f"{self.delivery_id}:" if self.delivery_id else ""
        return f"{self.kind}:{place}{self.event_id}"

    @classmethod
    def parse(cls, text: str) -> "DeadLetter":
        """Read the text of a dead letter.

        Raises:
            ValueError: if it is not one.
        """
        kind, _, subject = text.partition(":")
        delivery_id, _, event_id = subject.partition(":")
        if kind == _EVENT and subject:
            return cls(subject)
        if kind == _DELIVERY and delivery_id and event_id:
            return cls(event_id, delivery_id)
        raise ValueError(f"a dead letter must be event:<id> or delivery:<id>:<id>, got {text!r}")
