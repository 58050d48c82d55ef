"""Events without a handler: for those who subscribed to them, and kept otherwise."""

from dataclasses import dataclass, replace

from bot.delivery.recipients import Resolved
from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState, EventState, Notification
from bot.worker.jobs import WorkerTasks
from tests.factories import MAIL, SLACK, make_event
from tests.run_jobs import delivery_job, event_job, run_job
from tests.stored_events import accept, deliveries_of, read

REPLIED = make_event("evt_1", "candidate.replied", data={"candidateId": "cand_1"})


@dataclass(frozen=True)
class Subscribers:
    """Sends what is opt-in to a channel and an address."""

    async def resolve(self, notification: Notification, *, opt_in: bool = False) -> Resolved:
        assert opt_in
        return Resolved((SLACK, MAIL), "")


async def test_nobody_gets_it_and_its_state_says_that_it_has_no_handler(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await accept(tasks.store, REPLIED)
    await run_job(tasks, event_job())
    stored = await read(tasks.store)
    assert (stored.state, stored.deliveries) == (EventState.UNHANDLED, ())
    assert [step.what for step in stored.trail] == ["received", "no handler"]
    assert (slack_api.posts, inbox.mails) == ([], [])


async def test_subscribers_get_it(tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox) -> None:
    subscribed = replace(tasks, recipients=Subscribers())
    await accept(tasks.store, REPLIED)
    await run_job(subscribed, event_job())
    assert (await read(tasks.store)).state is EventState.HANDLED
    [post] = slack_api.posts
    [mail] = inbox.mails
    assert post.text == "Candidate replied: Candidate id cand_1"
    assert mail.message["Subject"] == "Candidate replied"


async def test_it_is_retried_like_any_other(tasks: WorkerTasks, slack_api: LocalSlack) -> None:
    subscribed = replace(tasks, recipients=Subscribers())
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(503)])
    await accept(tasks.store, REPLIED)
    await run_job(subscribed, event_job())
    slack, _ = await deliveries_of(tasks.store, "evt_1")
    assert slack.state is DeliveryState.RETRYING
    await run_job(subscribed, delivery_job(slack.id))
    assert [post.delivery_id for post in slack_api.posts] == [slack.id]
