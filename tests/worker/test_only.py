"""A test event for one destination: nobody else gets it, and nobody else hears of its failure."""

from dataclasses import replace

from pydantic_core import from_json

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState, Destination, Event, Transport
from bot.model.subscription import Mute, Place, Subscription
from bot.store import Store
from bot.worker.jobs import WorkerTasks
from tests.factories import MAIL, NOW, SLACK, make_event
from tests.run_jobs import run_all
from tests.stored_events import accept, deliveries_of, read

ALERTS = Destination(Transport.SLACK, "C0ALERTS")
RULE = Subscription(("*",), "U0RECRUITER", NOW)


def event_for(to: Destination) -> Event:
    return replace(make_event(), test=True, only=to)


async def test_only_its_destination_gets_it(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    """The settings name another channel and an address, and both have subscribed."""
    for to in (SLACK, MAIL):
        await tasks.store.places.edit(to, lambda _: Place(subscriptions=(RULE,)), NOW)
    await accept(tasks.store, event_for(ALERTS))
    await run_all(tasks)
    [post] = slack_api.posts
    assert (post.channel, post.text.partition(":")[0]) == ("C0ALERTS", "Test")
    assert inbox.mails == []
    assert [d.destination for d in await deliveries_of(tasks.store, "evt_1")] == [ALERTS]


async def test_it_comes_although_its_place_is_muted_and_has_unsubscribed(
    tasks: WorkerTasks, slack_api: LocalSlack
) -> None:
    place = Place(unsubscribed=("*",), mutes=(Mute(NOW, None, "U0RECRUITER"),))
    await tasks.store.places.edit(SLACK, lambda _: place, NOW)
    await accept(tasks.store, event_for(SLACK))
    await run_all(tasks)
    assert [post.channel for post in slack_api.posts] == ["C0RECRUIT"]


async def test_its_failure_is_kept_but_reported_to_nobody(
    tasks: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.error("restricted_action")])
    await accept(tasks.store, event_for(SLACK))
    await run_all(tasks)
    [delivery] = await deliveries_of(tasks.store, "evt_1")
    assert delivery.state is DeliveryState.FAILED
    assert await tasks.store.dead_letters(NOW) == []
    assert (slack_api.posts, inbox.mails) == ([], [])


async def test_its_envelope_can_be_read_without_the_field(store: Store) -> None:
    """An older release ignores it, and an event of an older release has none."""
    stored = await accept(store, event_for(SLACK))
    envelope = from_json(stored.fields[b"event"])
    assert envelope.pop("only") == "slack:C0RECRUIT"
    assert (await read(store)).event.only == SLACK
    assert (await accept(store, make_event("evt_2"))).event.only is None
    assert "only" not in from_json((await read(store, "evt_2")).fields[b"event"])
