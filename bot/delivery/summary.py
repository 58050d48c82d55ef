"""Sends what waits for one destination: a single delivery as itself, several in one message."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic import JsonValue

from bot.delivery import transitions
from bot.delivery.attempt import MAX_ATTEMPTS, Attempts
from bot.delivery.backoff import expire_rate_limit, next_attempt_at
from bot.delivery.batch import Batch, drop, mark, report_damage, settle_missed
from bot.delivery.call import Call, Contents
from bot.delivery.notifications import Notifications, notification_for
from bot.delivery.sender import ActiveTransport
from bot.delivery.settlement import Leased
from bot.delivery.subscriptions import SEND, Places, decide
from bot.errors import CorruptRecord, DeliveryError
from bot.model import (
    Context,
    Delivery,
    DeliveryState,
    Destination,
    Notification,
    in_words,
)
from bot.model.subscription import Place
from bot.store.commit import DONE, ChangedMeanwhile, End
from bot.store.retry import retry_while_unavailable
from bot.store.stored_event import StoredEvent
from bot.store.waiting import WaitingDelivery

SUMMARY_TEMPLATE = "summary"
_NEXT = End(timedelta())
"""Run again at once, for what else waits."""
_MOST_ITEMS = 30
"""The others are counted."""


@dataclass(frozen=True, slots=True)
class Summaries:
    """Runs the job of a destination.

    What goes into a message is decided in the step that marks it with the message's id; a run that takes
    over from a killed worker finds it there, and sends the same message under the same id. `headline`
    returns a notification as one line of plain text.
    """

    attempts: Attempts
    notifications: Notifications
    headline: Callable[[Notification], str]

    async def send(self, job: Leased, places: Places) -> End | None:
        """Send what is due; return how to end the run, or None if it has ended.

        Raises:
            LeaseLost: if another worker has the job.
            redis.RedisError: if Redis is unavailable; the job is to run again.
        """
        try:
            to = Destination.parse(job.run.job.event_id)
        except ValueError:
            return DONE  # no release writes such a job
        try:
            return await self._send(to, job, places.get(to, Place()))
        except (ChangedMeanwhile, CorruptRecord):
            return _NEXT

    async def _send(self, to: Destination, job: Leased, place: Place) -> End | None:
        page = await self.attempts.store.waiting.of(to)
        await report_damage(self.attempts.store, page, self.attempts.clock())
        if not page.found:
            return DONE
        batch = Batch(page.found, self.attempts.clock())
        transport = self.attempts.transports.get(to.transport)
        if transport is None:
            batch.end(batch.waiting, f"{to.transport} is not configured any more")
        due, next_at = self._due(batch, place) if transport else ([], None)
        begun = [w.delivery.attempts for w in due if w.delivery.message]
        if begun and max(begun) >= MAX_ATTEMPTS:
            batch.end(due, DeliveryError.permanent("every attempt was interrupted"))
            due, next_at = [], batch.now
        if transport is None or not due:
            end = End(max(next_at - batch.now, timedelta())) if next_at else DONE
            await self.attempts.store.commits.apply_all(batch.all_changes, job.run, end)
            return None
        delay = self.attempts.rate_limiter.delay(transport.sender.rate_limit(to), str(to))
        if delay:
            return End(delay)
        call = self._begin(batch, due, to, transport)
        await self.attempts.store.commits.apply_all(batch.all_changes, job.run)
        receipt, error = await self.attempts.try_to_send(call, job.check_lease)
        await self._settle(call, receipt, error, job)
        return None

    def _due(self, batch: Batch, place: Place) -> tuple[list[WaitingDelivery], datetime | None]:
        """Return what one message is to carry now, or when the next one may be due.

        What is not to be sent any more is put into the changes, and so is a delivery that is due alone.
        """
        message = next((w.delivery.message for w in batch.waiting if w.delivery.message), "")
        if message:
            begun = [w for w in batch.waiting if w.delivery.message == message]
            retry_at = max((w.delivery.next_at or batch.now for w in begun), default=batch.now)
            return (begun, None) if retry_at <= batch.now else ([], retry_at)
        due: list[WaitingDelivery] = []
        later: list[datetime] = []
        for waiting in batch.waiting:
            found = self._notification(waiting.stored, waiting.delivery)
            change = batch.change_of(waiting)
            if not isinstance(found, Notification):
                drop(change, waiting.delivery, found)
                continue
            decision = decide(found, waiting.delivery.rule, place, batch.now)
            if decision == SEND:
                due.append(waiting)
            elif decision.held_until:
                later.append(decision.held_until)
            elif waiting.delivery.state is DeliveryState.HELD:
                transitions.decided(change, waiting.delivery, decision)
            elif decision.mute and decision.mute.until:
                later.append(decision.mute.until)
        if len(due) == 1 and due[0].delivery.state is DeliveryState.HELD:
            transitions.released(batch.change_of(due[0]), due[0].delivery)
            due = []
        return due, min(later, default=None)

    def _notification(
        self, stored: StoredEvent, delivery: Delivery
    ) -> Notification | DeliveryError | str:
        made = self.notifications.for_deliveries([delivery], stored.event)
        return notification_for(delivery, stored, made)

    def _begin(
        self,
        batch: Batch,
        due: Sequence[WaitingDelivery],
        to: Destination,
        transport: ActiveTransport[Any],
    ) -> Call:
        """Mark the deliveries with the message's id, and return its call."""
        message = due[0].delivery.message or f"msg_{uuid4().hex[:24]}"
        notification = self._summary(message, due)
        begun = [mark(batch.change_of(w), w.delivery, message) for w in due]
        carrier = replace(
            begun[0],
            id=message,
            created_at=min(delivery.created_at for delivery in begun),
            attempts=max(delivery.attempts for delivery in begun),
            maybe_delivered=any(delivery.maybe_delivered for delivery in begun),
        )
        return Call(transport, to, notification, carrier, Contents())

    def _summary(self, message: str, due: Sequence[WaitingDelivery]) -> Notification:
        items: list[JsonValue] = []
        audiences = []
        for waiting in due:
            found = self._notification(waiting.stored, waiting.delivery)
            if isinstance(found, Notification):
                audiences.append(found.audience)
                if not waiting.delivery.missed:
                    items.append(_item(self.headline(found), found, self.attempts.clock()))
        missed = Counter(in_words(w.stored.event.type) for w in due if w.delivery.missed)
        context: Context = {
            "items": items[:_MOST_ITEMS],
            "leftOut": max(0, len(items) - _MOST_ITEMS),
            "count": len(items),
            "missedCount": missed.total(),
            "missed": [[kind, count] for kind, count in missed.most_common()],
        }
        first = due[0].delivery
        return Notification(
            event_id=message,
            event_type=SUMMARY_TEMPLATE,
            occurred_at=self.attempts.clock(),
            audience=max(audiences, default=first.audience, key=audiences.count),
            template=SUMMARY_TEMPLATE,
            context=context,
            thread=message,
        )

    async def _settle(
        self, call: Call, receipt: str, error: DeliveryError | None, job: Leased
    ) -> None:
        """Write the outcome of the message for every delivery that it carries, and end the run."""
        attempts, carrier = self.attempts, call.delivery
        settled: list[Delivery] = []

        async def apply() -> bool:
            found = (await attempts.store.waiting.of(call.destination)).found
            batch = Batch([w for w in found if w.delivery.message == carrier.id], attempts.clock())
            settled[:], end = self._outcomes(batch, call, receipt, error)
            await attempts.store.commits.apply_all(batch.all_changes, job.run, end)
            return True

        while True:
            try:
                await retry_while_unavailable(apply, job.check_lease, attempts.redis_retry_interval)
            except (ChangedMeanwhile, CorruptRecord):
                continue  # an event was forgotten or damaged; the others are settled
            break
        for delivery in settled:
            attempts.report(delivery, call.seconds, is_test=False)

    def _outcomes(
        self, batch: Batch, call: Call, receipt: str, error: DeliveryError | None
    ) -> tuple[list[Delivery], End]:
        due_at: datetime | None = None
        if error is not None:
            age = batch.now - call.delivery.created_at
            error = expire_rate_limit(error, age)
            if error.after and call.seconds:
                limit = call.transport.sender.rate_limit(call.destination)
                to = str(call.destination)
                error.after = self.attempts.rate_limiter.back_off(limit, to, error.after)
            due_at = next_attempt_at(error, call.delivery.attempts, batch.now, self.attempts.jitter)
        settled: list[Delivery] = []
        for waiting in batch.waiting:
            change, delivery = batch.change_of(waiting), waiting.delivery
            if delivery.missed:
                settle_missed(change, delivery, due_at, error)
            elif error is None:
                settled.append(transitions.sent(change, delivery, receipt, "in a summary"))
            elif due_at is None:
                maybe = error.maybe_delivered or delivery.maybe_delivered
                settled.append(
                    transitions.failed(change, delivery, error.reason, maybe_delivered=maybe)
                )
            else:
                settled.append(
                    transitions.retrying(
                        change,
                        delivery,
                        error.reason,
                        after=due_at - batch.now,
                        uses_attempt=error.uses_attempt,
                        maybe_delivered=error.maybe_delivered or delivery.maybe_delivered,
                    )
                )
        return settled, End(due_at - batch.now) if due_at else _NEXT


def _item(headline: str, notification: Notification, now: datetime) -> JsonValue:
    expires_at = notification.url_expires_at
    is_live = expires_at is None or now < expires_at
    return {"headline": headline, "url": notification.url if is_live else None}
