"""What a sender exchanges with delivery: a message for one destination, and its rate limit."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.model.nouns import Destination

C = TypeVar("C")
ARCHIVED = "the channel is archived"
"""Why nothing can be sent to a channel that was there before."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage(Generic[C]):
    """Rendered content for one destination; `C` is the transport's content type.

    `id` is the same for every attempt, so that a repeated message can be recognized; `earlier_id` is that of
    a message that may have said the same. With `maybe_delivered`, an earlier attempt may have got through, at `created_at` or later.
    """

    id: str
    destination: Destination
    content: C = field(repr=False)
    created_at: datetime
    maybe_delivered: bool = False
    earlier_id: str = ""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit that all deliveries with the same `key` share; waiting ones are sent `spacing` apart."""

    key: str
    spacing: timedelta
