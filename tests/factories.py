"""Events and deliveries for tests, complete but for the details that a test sets."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Audience,
    Context,
    DataSubject,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    Notification,
    Transport,
    delivery_id,
)

NOW = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
SLACK = Destination(Transport.SLACK, "C0RECRUIT")
MAIL = Destination(Transport.EMAIL, "recruiter@example.com")
SUBJECTS = (DataSubject("profileId", record_kind="profile", cached_key="profile:{id}"),)


def make_event(
    event_id: str = "evt_1",
    event_type: str = "search.completed",
    *,
    timestamp: datetime = NOW,
    data: dict[str, Any] | None = None,
) -> Event:
    return Event(
        id=event_id,
        type=event_type,
        timestamp=timestamp,
        data={"searchId": "srch_1", "resultCount": 1204} if data is None else data,
    )


def body_of(event: Event) -> bytes:
    envelope = {
        "id": event.id,
        "type": event.type,
        "timestamp": event.timestamp.isoformat(),
        "data": event.data,
    }
    return json.dumps(envelope).encode()


def make_delivery(
    event_id: str = "evt_1",
    destination: Destination | None = SLACK,
    *,
    template: str = "search.completed",
    state: DeliveryState = DeliveryState.PENDING,
    thread: str = "search:srch_1",
    created_at: datetime = NOW,
    **values: Any,
) -> Delivery:
    notification = make_notification(event_id, template=template, thread=thread)
    return Delivery(
        id=delivery_id(notification, destination),
        event_id=event_id,
        audience=notification.audience,
        template=template,
        destination=destination,
        state=state,
        created_at=created_at,
        updated_at=created_at,
        **values,
    )


def make_notification(
    event_id: str = "evt_1",
    *,
    template: str = "search.completed",
    thread: str = "search:srch_1",
    context: Context | None = None,
) -> Notification:
    return Notification(
        event_id=event_id,
        event_type="search.completed",
        occurred_at=NOW,
        audience=Audience.RECRUITERS,
        template=template,
        context={"result_count": 1204} if context is None else context,
        thread=thread,
    )


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)
