"""The jobs of a worker: handle an event, retry a delivery, report a dead letter and its retry."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.delivery import transitions
from bot.delivery.attempt import Attempts
from bot.delivery.following import refresh_followed
from bot.delivery.notice import notices_about
from bot.delivery.notice_update import update_notices
from bot.delivery.notifications import LONGEST_REASON, Notifications, notification_of
from bot.delivery.recipients import Recipients, deliveries_of
from bot.delivery.subscriptions import Places, variants_of
from bot.delivery.summary import Summaries
from bot.errors import CorruptRecord
from bot.model import (
    DeadLetter,
    Delivery,
    DeliveryState,
    Event,
    EventState,
    Intent,
    InvalidData,
    Notification,
    Notify,
    Record,
)
from bot.rendering.graphemes import cut
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import DONE, ChangedMeanwhile, End
from bot.store.queue import JobId, Task
from bot.store.stored_event import StoredEvent, decode_event
from bot.worker.running import RunningJob
from bot.worker.timings import PRODUCTION, WorkerTimings

_HANDLER_ATTEMPTS = 3
_UNFINISHED = {DeliveryState.PENDING, DeliveryState.SENDING}

_RunTask = Callable[[RunningJob, StoredEvent, Places], Awaitable[End | None]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WorkerTasks:
    """The functions that jobs run. Each may run twice, and keeps its result in the store."""

    notifications: Notifications
    store: Store
    attempts: Attempts
    recipients: Recipients
    summaries: Summaries
    clock: Callable[[], datetime]
    timings: WorkerTimings = PRODUCTION

    async def run(self, job: RunningJob) -> End | None:
        """Run the job; return how to end its run, or None if it has ended.

        Raises:
            LeaseLost: if another worker has the job.
            CorruptRecord: if what the job needs is not readable.
            redis.RedisError: if Redis is unavailable; the job should run again.
        """
        tasks: Mapping[str, _RunTask] = {
            Task.EVENT: self._handle_event,
            Task.DELIVERY: self._retry_delivery,
            Task.DEAD_LETTER: self._report_dead_letter,
            Task.NOTICE: self._update_notices,
        }
        run_task = tasks.get(job.run.job.task)
        places = await self.store.places.all(job.places_version)
        if job.run.job.task == Task.DESTINATION:
            return await self.summaries.send(job, places)
        if run_task is None:
            return End(self.timings.retry_after_bug)  # for a worker of a newer release
        stored = await self._read(job)
        while stored is not None and stored.state is not EventState.FORGOTTEN:
            try:
                return await run_task(job, stored, places)
            except ChangedMeanwhile as change:
                stored = change.stored
        return DONE

    async def close(self) -> None:
        """Close every connection."""
        for transport in self.attempts.transports.values():
            await transport.sender.close()
        await self.store.close()

    async def _read(self, job: RunningJob) -> StoredEvent | None:
        """Return the job's event; None if it is not kept, or not readable and a dead letter by now."""
        event_id = job.run.job.event_id
        if not job.fields:
            _log.warning("event is no longer kept", event_id=event_id)
            return None
        try:
            return decode_event(event_id, job.fields)
        except CorruptRecord as error:
            now = self.clock()
            damaged = Event(event_id, "unreadable", now, {})
            stored = StoredEvent(damaged, b"", EventState.ACCEPTED, now, fields=job.fields)
            change = Change(stored, now)
            change.overwrite()
            _dead_letter(change, str(error))
            await self.store.commits.apply(change, job.run)
            return None

    async def _handle_event(
        self, job: RunningJob, stored: StoredEvent, places: Places
    ) -> End | None:
        """Run the event's handler, write its deliveries, and make the first attempt at each."""
        change = Change(stored, self.clock())
        notifications: Sequence[Notification] | None = ()
        if stored.state is EventState.ACCEPTED:
            notifications = await self._run_handler(job, change, places)
            if notifications is None:
                return None
            deliveries = change.stored.deliveries
            await refresh_followed(self.store, notifications, deliveries, places, change.now)
        for damaged in stored.unreadable:
            change.add_dead_letter(DeadLetter(stored.id, damaged))
            change.step("failed", detail=f"delivery {damaged} is not readable in Redis")
        unfinished = _unfinished(change)
        made = notifications or self.notifications.for_deliveries(unfinished, stored.event)
        await self.attempts.make(change, unfinished, made, places, job)
        return None

    async def _run_handler(
        self, job: RunningJob, change: Change, places: Places
    ) -> Sequence[Notification] | None:
        """Put what the handler asks for into the change; None if the event ends without it."""
        event = change.stored.event
        end = DONE
        try:
            intents = self.notifications.intents(event)
        except InvalidData as error:
            _log.warning("event does not fit its type", event_id=event.id)
            _dead_letter(change, str(error))
        except Exception as error:  # noqa: BLE001  # the event is kept, whatever its handler raises
            _log.exception("handler failed", event_id=event.id)
            failures = change.stored.failures + 1
            change.set_event(failures=failures)
            if failures < _HANDLER_ATTEMPTS:
                end = End(timedelta(seconds=failures))
            else:
                reason = f"its handler failed {failures} times: {type(error).__name__}: {error}"
                _dead_letter(change, cut(reason, LONGEST_REASON))
        else:
            return self._open(change, intents, places)
        await self.store.commits.apply(change, job.run, end)
        return None

    def _open(
        self, change: Change, intents: Sequence[Intent], places: Places
    ) -> Sequence[Notification]:
        """Add the deliveries and records of an event to the change; return its notifications."""
        stored = change.stored
        notifications: list[Notification] = []
        deliveries: list[Delivery] = []
        for intent in intents:
            match intent:
                case Notify():
                    notification = notification_of(stored.event, intent)
                    notifications += variants_of(notification)
                    deliveries += deliveries_of(
                        notification, self.recipients, places, stored.received_at
                    )
                case Record() if not stored.event.test:
                    occurred_at = min(stored.event.timestamp, change.now)
                    cached_key = self.notifications.cached_key_of(stored.event, intent)
                    change.keep(intent, occurred_at, cached_key)
        has_handler = self.notifications.has_handler(stored.event.type)
        if not has_handler and not any(delivery.destination for delivery in deliveries):
            _log.warning("no handler", event_id=stored.id)
            change.conclude(EventState.UNHANDLED)
            change.step("no handler")
            transitions.update_notices(change)
            return notifications
        change.conclude(EventState.HANDLED)
        change.step("handled", detail=f"deliveries: {len(deliveries)}")
        transitions.update_notices(change)
        for delivery in deliveries:
            change.put(delivery)
        return notifications

    async def _retry_delivery(
        self, job: RunningJob, stored: StoredEvent, places: Places
    ) -> End | None:
        """Make another attempt at one delivery."""
        delivery_id = job.run.job.delivery_id
        delivery = stored.delivery(delivery_id)
        change = Change(stored, self.clock())
        if delivery is None:
            _log.warning("delivery is no longer kept", delivery_id=delivery_id)
            if delivery_id in stored.unreadable:
                change.add_dead_letter(DeadLetter(stored.id, delivery_id))
            await self.store.commits.apply(change, job.run, DONE)
            return None
        is_ours = delivery.own_job and not delivery.waits_for_destination
        waiting = [delivery] if is_ours and not delivery.state.is_settled else []
        made = self.notifications.for_deliveries(waiting, stored.event)
        await self.attempts.make(change, waiting, made, places, job)
        return None

    async def _update_notices(self, job: RunningJob, stored: StoredEvent, _: Places) -> End | None:
        """Edit the notices about failures that have been resolved."""
        await update_notices(self.attempts, job, stored)
        return None

    async def _report_dead_letter(
        self, job: RunningJob, stored: StoredEvent, places: Places
    ) -> End | None:
        """Notify the operators of an event or a delivery that has failed."""
        change = Change(stored, self.clock())
        dead = DeadLetter(stored.id, job.run.job.delivery_id)
        for notice in notices_about(stored, dead, self.recipients, places):
            if stored.delivery(notice.id) is None:
                change.put(notice)
        # Includes notices of an earlier failure that a killed worker wrote and did not send.
        unfinished = _unfinished(change, about=dead)
        await self.attempts.make(change, unfinished, (), places, job)
        return None


def _unfinished(change: Change, *, about: DeadLetter | None = None) -> list[Delivery]:
    """Return the deliveries of the event, or the notices about a dead letter, that this job attempts."""
    return [
        d
        for d in change.stored.deliveries
        if d.state in _UNFINISHED and d.about == about and not d.own_job and not d.message
    ]


def _dead_letter(change: Change, reason: str) -> None:
    """Make the event a dead letter, and enqueue the job that reports it."""
    change.conclude(EventState.DEAD, reason)
    change.step("dead letter", detail=reason)
    change.add_dead_letter(DeadLetter(change.stored.id))
    change.enqueue(JobId(Task.DEAD_LETTER, change.stored.id))
    transitions.update_notices(change)
