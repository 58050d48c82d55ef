"""The handler runs again for every attempt; one that fails then makes dead letters."""

from dataclasses import replace

import pytest

from bot.delivery.notifications import Notifications
from bot.delivery.requeue import requeue
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.model import DeadLetter, DeliveryState, Event, InvalidData, Notification
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW
from tests.run_jobs import delivery_job, event_job, report_job, run_job
from tests.stored_events import accept, deliveries_of


def failing_with(tasks: WorkerTasks, error: Exception) -> WorkerTasks:
    """Return the tasks of a release whose handlers raise."""

    class Failing(Notifications):
        def of_event(self, event: Event) -> list[Notification]:
            raise error

    found = tasks.notifications
    return replace(tasks, notifications=Failing(found.find_handler, found.policy))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidData("resultCount is missing"), "resultCount is missing"),
        (RuntimeError("a bug"), "its handler failed: RuntimeError: a bug"),
    ],
    ids=["stricter", "broken"],
)
async def test_a_delivery_whose_handler_fails_now_is_a_dead_letter_and_reported(
    tasks: WorkerTasks, slack_api: LocalSlack, error: Exception, reason: str
) -> None:
    await accept(tasks.store)
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(500)])
    await run_job(tasks, event_job())
    to_slack, _ = await deliveries_of(tasks.store, "evt_1")
    assert to_slack.state is DeliveryState.RETRYING
    broken = failing_with(tasks, error)
    assert await run_job(broken, delivery_job(to_slack.id)) is None
    failed, _ = await deliveries_of(tasks.store, "evt_1")
    assert (failed.state, failed.reason) == (DeliveryState.FAILED, reason)
    assert await tasks.store.dead_letters(NOW) == [DeadLetter("evt_1", to_slack.id)]
    await run_job(broken, report_job("evt_1", to_slack.id))
    assert reason.rsplit(":", maxsplit=1)[-1].strip() in str(slack_api.posts[-1].blocks)


async def test_it_is_sent_once_the_handler_is_repaired(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    await accept(tasks.store)
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(500)])
    await run_job(tasks, event_job())
    to_slack, _ = await deliveries_of(tasks.store, "evt_1")
    await run_job(failing_with(tasks, RuntimeError("a bug")), delivery_job(to_slack.id))
    await requeue(tasks.store, to_slack.id, NOW)
    await run_job(tasks, delivery_job(to_slack.id))
    assert [post.delivery_id for post in slack_api.posts] == [to_slack.id]
