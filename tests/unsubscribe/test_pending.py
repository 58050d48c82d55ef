"""What waits for an address when it unsubscribes is not sent."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bot.fakes.smtp import Inbox, SmtpFault
from bot.model import Audience, DeliveryState
from bot.model.choices import subscribe
from bot.model.subscription import Subscription
from bot.store.queue import JobId, Task
from bot.unsubscribe.unsubscription import unsubscribe_address
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.factories import MAIL, NOW
from tests.run_jobs import delivery_job, run_job
from tests.stored_events import deliveries_of
from tests.worker.quiet_hours import MORNING, QUIET, at, choose, handle, search

SEND_WAITING = JobId(Task.DESTINATION, str(MAIL))


@pytest.fixture
async def tasks(
    make_settings: MakeSettings, redis: Redis, inbox: Inbox
) -> AsyncIterator[WorkerTasks]:
    """The tasks of a worker that sends emails alone."""
    built = build_jobs(make_settings(SMTP_URL=inbox.url))
    built.recipients.audiences[Audience.RECRUITERS] = (MAIL,)  # type: ignore[index]  # a dict here
    yield at(replace(built), NOW)
    await built.close()


async def outcomes(tasks: WorkerTasks, *event_ids: str) -> list[tuple[DeliveryState, str]]:
    return [(d.state, d.reason) for d in await deliveries_of(tasks.store, *event_ids)]


async def test_what_is_held_in_quiet_hours_is_skipped(tasks: WorkerTasks, inbox: Inbox) -> None:
    await choose(tasks, QUIET, MAIL)
    await handle(tasks, search(1), search(2))
    assert {state for state, _ in await outcomes(tasks, "evt_1", "evt_2")} == {DeliveryState.HELD}
    assert await unsubscribe_address(tasks.store, MAIL.address, NOW) is True
    await run_job(at(tasks, MORNING), SEND_WAITING)
    assert await outcomes(tasks, "evt_1", "evt_2") == [(DeliveryState.SKIPPED, "unsubscribed")] * 2
    assert inbox.mails == []


async def test_a_retry_is_skipped(tasks: WorkerTasks, inbox: Inbox) -> None:
    inbox.plan_faults("MAIL", [SmtpFault.reply_with(451)])
    await handle(tasks, search(1))
    [retrying] = await deliveries_of(tasks.store, "evt_1")
    assert retrying.state is DeliveryState.RETRYING
    await unsubscribe_address(tasks.store, MAIL.address, NOW)
    await run_job(at(tasks, MORNING), delivery_job(retrying.id))
    assert await outcomes(tasks, "evt_1") == [(DeliveryState.SKIPPED, "unsubscribed")]
    assert inbox.mails == []


async def test_later_events_are_for_nobody_until_it_subscribes_again(
    tasks: WorkerTasks, inbox: Inbox
) -> None:
    await unsubscribe_address(tasks.store, MAIL.address, NOW)
    await handle(tasks, search(1))
    assert await outcomes(tasks, "evt_1") == [
        (DeliveryState.SKIPPED, "everybody has unsubscribed from it")
    ]
    rule = Subscription(("*",), "U1", NOW)
    await tasks.store.places.edit(MAIL, lambda place: subscribe(place, rule), NOW)
    await handle(tasks, search(2))
    assert [state for state, _ in await outcomes(tasks, "evt_2")] == [DeliveryState.SENT]
    assert len(inbox.mails) == 1
