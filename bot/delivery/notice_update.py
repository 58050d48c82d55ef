"""The job that edits the notices about a failure once a retry has resolved it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.delivery.attempt import Attempts
from bot.delivery.outcome import outdated_notices, updated_notification
from bot.delivery.sender import ActiveTransport, CanUpdate
from bot.delivery.settlement import Leased
from bot.errors import DeliveryError, RenderError
from bot.model import DeadLetter, Delivery, DeliveryState
from bot.store.change import Change
from bot.store.commit import DONE, End
from bot.store.stored_event import StoredEvent

_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(hours=1)
_GIVE_UP_AFTER = timedelta(days=1)

_log = structlog.get_logger()


async def update_notices(attempts: Attempts, job: Leased, stored: StoredEvent) -> None:
    """Edit the notices of an event that are not true any more, and end the run.

    A notice is edited again if the worker is killed before that is stored. One that cannot be edited is tried
    again later and later, for a day; one that is just being sent is waited for.

    Raises:
        LeaseLost: if another worker has the job.
        ChangedMeanwhile: if the event is not as it was read; the job is to run with what it is now.
        redis.RedisError: if Redis is unavailable; the job is to run again.
    """
    change = Change(stored, attempts.clock())
    waits: list[timedelta] = []
    for notice, dead, outcome in outdated_notices(stored):
        transport = _transport_of(attempts, notice)
        if transport is None or not isinstance(transport.sender, CanUpdate):
            continue
        age = change.now - _resolved_at(stored, dead)
        wait = min(max(age, _SHORTEST_WAIT), _LONGEST_WAIT)
        if notice.state is DeliveryState.SENDING:
            waits.append(wait)
            continue
        job.check_lease()
        try:
            content = transport.render(updated_notification(stored, dead, outcome))
            await transport.sender.update(notice.receipt, content)
        except (DeliveryError, RenderError) as error:
            if isinstance(error, DeliveryError) and error.retry and age < _GIVE_UP_AFTER:
                waits.append(max(error.after or timedelta(), wait))
                continue
            _log.warning("notice not updated", delivery_id=notice.id, reason=str(error))
        change.put(replace(notice, shown=str(outcome)))
    await attempts.store.commits.apply(change, job.run, End(min(waits)) if waits else DONE)


def _transport_of(attempts: Attempts, notice: Delivery) -> ActiveTransport[Any] | None:
    return attempts.transports.get(notice.destination.transport) if notice.destination else None


def _resolved_at(stored: StoredEvent, dead: DeadLetter) -> datetime:
    delivery = stored.delivery(dead.delivery_id)
    return delivery.updated_at if delivery else stored.concluded_at or stored.received_at
