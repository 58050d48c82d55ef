"""One event as people see it: what it says, where it was sent, and each step of its processing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import Delivery, DeliveryState, Destination, EventState, Step
from bot.store import Store
from bot.store.stored_event import StoredEvent
from bot.views.event_summary import Describe, summarize_event
from bot.views.outcomes import Reader, type_in_words


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of an event's processing.

    `elapsed` counts from the arrival of the event, and is never negative even where two machines'
    clocks differ. `to` is the destination as it is stored, or empty.
    """

    at: datetime
    elapsed: timedelta
    what: str
    delivery_id: str
    to: str
    detail: str
    is_notice: bool

    @property
    def label(self) -> str:
        return f"notice {self.what}" if self.is_notice else self.what

    @property
    def destination(self) -> Destination | None:
        """The destination, or None if there is none or another program stored an unknown kind."""
        try:
            return Destination.parse(self.to) if self.to else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class EventView:
    """An event with its deliveries, and apart from them the notices to operators about a failure.

    `received_type` is what Juicebox called the event, or empty where that is `type`. The `timeline`
    is empty in lists of events, which do not load it. If it `is_for_others`, who looks at it may know only
    its type and its time.
    """

    id: str
    type: str
    received_type: str
    test: bool
    occurred_at: datetime
    received_at: datetime
    state: EventState
    reason: str
    summary: str
    deliveries: tuple[Delivery, ...]
    notices: tuple[Delivery, ...]
    timeline: tuple[TimelineStep, ...] = ()
    is_for_others: bool = False

    @property
    def has_dead_letter(self) -> bool:
        """Whether `retry` would requeue something. A notice that failed does not count."""
        failed = any(delivery.state is DeliveryState.FAILED for delivery in self.deliveries)
        return failed or self.state is EventState.DEAD

    def as_seen(self, reader: Reader) -> "EventView":
        """Return the event without what the reader may not know; others than operators see no steps."""
        if reader.is_operator:
            return self
        may_read = reader.may_read(self.deliveries)
        return replace(
            self,
            reason="",
            summary=self.summary if may_read else type_in_words(self.type),
            deliveries=tuple(d for d in self.deliveries if reader.may_see(d)),
            notices=(),
            timeline=(),
            is_for_others=reader.is_for_others(self.deliveries),
        )

    @property
    def is_settled(self) -> bool:
        """Whether processing has ended."""
        return self.state is not EventState.ACCEPTED and all(
            delivery.state.is_settled for delivery in (*self.deliveries, *self.notices)
        )


async def load_event(
    store: Store, event_id: str, describe: Describe | None = None
) -> EventView | None:
    """Return the event, or None if it never came or is no longer kept; one round trip to Redis.

    Raises:
        CorruptRecord: if the event or its trail is not readable.
        redis.RedisError: if Redis does not answer.
    """
    stored = await store.events.get(event_id)
    return view_of(stored, stored.trail, describe) if stored else None


async def load_latest(
    store: Store, count: int, describe: Describe | None = None
) -> list[EventView]:
    """Return the events received last, newest first; two round trips to Redis.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    events = await store.events.latest(count)
    return [view_of(stored, (), describe) for stored in events]


def view_of(
    stored: StoredEvent,
    steps: Sequence[Step] = (),
    describe: Describe | None = None,
) -> EventView:
    """Return the view of an event from what was read of it."""
    event = stored.event
    notices = tuple(delivery for delivery in stored.deliveries if delivery.is_notice)
    others = tuple(delivery for delivery in stored.deliveries if not delivery.is_notice)
    notice_ids = {notice.id for notice in notices}
    return EventView(
        id=event.id,
        type=event.type,
        received_type=event.received_type,
        test=event.test,
        occurred_at=event.timestamp,
        received_at=stored.received_at,
        state=stored.state,
        reason=stored.reason,
        summary=summarize_event(event, has_deliveries=bool(others), describe=describe),
        deliveries=others,
        notices=notices,
        timeline=tuple(
            TimelineStep(
                at=step.at,
                elapsed=max(step.at - stored.received_at, timedelta()),
                what=step.what,
                delivery_id=step.delivery_id,
                to=step.destination,
                detail=step.detail,
                is_notice=step.delivery_id in notice_ids,
            )
            for step in steps
        ),
    )
