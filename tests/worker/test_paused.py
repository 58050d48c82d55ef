"""A channel that is archived or deleted: paused, with one note, and no dead letter for each event."""

import pytest

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import RECRUITER
from bot.fakes.smtp import Inbox
from bot.model import Audience, DeliveryState, Destination, Transport
from bot.model.choices import subscribe
from bot.model.subscription import Place, Subscription
from bot.worker.jobs import WorkerTasks
from tests.factories import MAIL, NOW, SLACK
from tests.run_jobs import run_all
from tests.stored_events import deliveries_of
from tests.worker.quiet_hours import at, choose, handle, search

ALERTS = Destination(Transport.SLACK, "C0ALERTS")
OTHER = Destination(Transport.SLACK, "C0OTHER")
RULE = Subscription(("search.completed",), RECRUITER, NOW)


@pytest.fixture
def working(tasks: WorkerTasks) -> WorkerTasks:
    """Return the tasks; recruiters have a channel, operators a channel and an address."""
    audiences = tasks.recipients.audiences
    audiences[Audience.RECRUITERS] = (SLACK,)  # type: ignore[index]  # a dict here
    audiences[Audience.OPERATORS] = (ALERTS, MAIL)  # type: ignore[index]  # a dict here
    return at(tasks, NOW)


async def test_an_archived_channel_is_paused_and_reported_once(
    working: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    slack_api.workspace.conversations[SLACK.address].is_archived = True
    await choose(working, Place(subscriptions=(RULE,)))
    await handle(working, search(1), search(2))
    await run_all(working)
    first, second = (
        await deliveries_of(working.store, "evt_1"),
        await deliveries_of(working.store, "evt_2"),
    )
    assert {(d.state, d.reason) for d in (first[0], *second)} == {
        (DeliveryState.SKIPPED, "paused: the channel is archived")
    }
    told = {post.channel: post.text for post in slack_api.posts}
    assert told == {
        "C0ALERTS": "Messages to <#C0RECRUIT> are paused: the channel is archived",
        "D0RECRUITER": "Messages to <#C0RECRUIT> are paused: the channel is archived",
    }
    [mail] = inbox.mails
    assert mail.message["Subject"] == "Messages to a Slack channel are paused"


async def test_subscribing_resumes_it(working: WorkerTasks, slack_api: LocalSlack) -> None:
    channel = slack_api.workspace.conversations[SLACK.address]
    channel.is_archived = True
    await handle(working, search(1))
    channel.is_archived = False
    await working.store.places.edit(SLACK, lambda place: subscribe(place, RULE), NOW)
    await handle(working, search(2))
    assert [post.channel for post in slack_api.posts] == [SLACK.address]


async def test_a_deleted_channel_is_paused_where_somebody_subscribed(
    working: WorkerTasks, slack_api: LocalSlack
) -> None:
    await choose(working, Place(subscriptions=(RULE,)), OTHER)
    await handle(working, search(1))
    _, other, *_ = await deliveries_of(working.store, "evt_1")
    assert (other.destination, other.state) == (OTHER, DeliveryState.SKIPPED)
    assert "the bot cannot see it" in (await working.store.places.get(OTHER)).paused


async def test_a_channel_of_the_settings_that_does_not_exist_is_a_dead_letter(
    working: WorkerTasks,
) -> None:
    working.recipients.audiences[Audience.RECRUITERS] = (OTHER,)  # type: ignore[index]  # a dict here
    await handle(working, search(1))
    [failed, *_] = await deliveries_of(working.store, "evt_1")
    assert failed.state is DeliveryState.FAILED
