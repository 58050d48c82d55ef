"""Events without a handler: for those who subscribed to them, and kept otherwise."""

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState, EventState
from bot.model.subscription import Place, Subscription
from bot.worker.jobs import WorkerTasks
from tests.factories import MAIL, NOW, SLACK, make_event
from tests.run_jobs import delivery_job, event_job, run_job
from tests.stored_events import accept, deliveries_of, read

REPLIED = make_event("evt_1", "candidate.replied", data={"candidateId": "cand_1"})


async def subscribe(tasks: WorkerTasks) -> None:
    """Have a channel and an address subscribe to everything."""
    rule = Subscription(("*",), "U1", NOW)
    for to in (SLACK, MAIL):
        await tasks.store.places.edit(to, lambda _: Place(subscriptions=(rule,)), NOW)


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
    await subscribe(tasks)
    await accept(tasks.store, REPLIED)
    await run_job(tasks, event_job())
    assert (await read(tasks.store)).state is EventState.HANDLED
    [post] = slack_api.posts
    [mail] = inbox.mails
    assert post.text == "Candidate replied: Candidate id cand_1"
    assert mail.message["Subject"] == "Candidate replied"


async def test_it_is_retried_like_any_other(tasks: WorkerTasks, slack_api: LocalSlack) -> None:
    await subscribe(tasks)
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(503)])
    await accept(tasks.store, REPLIED)
    await run_job(tasks, event_job())
    slack, _ = await deliveries_of(tasks.store, "evt_1")
    assert slack.state is DeliveryState.RETRYING
    await run_job(tasks, delivery_job(slack.id))
    assert [post.delivery_id for post in slack_api.posts] == [slack.id]
