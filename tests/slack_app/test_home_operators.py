"""Operators see in the Home tab what could not be sent and what waits, with buttons."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from slack_bolt.async_app import AsyncApp
from structlog.testing import capture_logs

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import DeliveryState, Destination, EventState, Transport
from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from tests.factories import SLACK, make_event
from tests.slack_app.stored import AT_14_30, open_to, settle
from tests.slack_app.traffic import SECRET
from tests.slack_app.visitor import Visitor, run_worker, visiting
from tests.stored_events import accept, dead_letter, read, read_delivery

REASON = "Slack says channel_not_found"


@pytest.fixture
async def visitor(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> AsyncIterator[Visitor]:
    """One of those in `SLACK_ADMINS`."""
    await run_worker(store)
    admins = frozenset({"U0RECRUITER"})
    bolt = create_bolt(
        signing_secret=SECRET, context=replace(context, admins=admins), timeouts=Timeouts()
    )
    async with visiting(bolt, slack_api) as person:
        yield person


@pytest.fixture
async def member(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    """A member of a workspace without `SLACK_ADMINS`."""
    await run_worker(store)
    async with visiting(bolt, slack_api) as person:
        yield person


async def test_failures_in_words_with_buttons(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await accept(store, make_event("evt_2"))
    await dead_letter(store, "evt_2", "data.searchId is missing")
    text = await visitor.open()
    assert "*⚠️ 2 messages could not be sent.* Everything else is working. See below." in text
    part = text.split("For operators")[1]
    assert f"❌ Could not be sent to <#C0RECRUIT> (1 attempt)\n`{REASON}`" in part
    assert "❌ Could not be read\n`data.searchId is missing`" in part
    assert "*Could not be sent* 2" in part
    assert [label for label in visitor.labels if label in {"Retry", "Show details"}] == [
        "Retry",
        "Show details",
    ] * 2


async def test_a_retry_is_logged_with_who_pressed_it(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await visitor.open()
    with capture_logs() as logs:
        await visitor.press("home_retry")
    [line] = [line for line in logs if line["event"] == "retried by hand"]
    assert (line["by"], line["event_id"]) == ("U0RECRUITER", "evt_1")


async def test_what_cannot_be_read_is_said_in_words(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await visitor.open()
    await store.redis.hset(keys.event("evt_1"), "event", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    text = await visitor.press("home_retry")
    assert "⚠️ That is not there any more, or cannot be read, so it can't be sent again." in text


async def test_retry_sends_it_again_and_says_so(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await visitor.open()
    text = await visitor.press("home_retry")
    assert "👍 It is being sent again." in text
    assert (await read_delivery(store, delivery)).state is DeliveryState.RETRYING
    assert "Retry" not in visitor.labels
    assert "*Could not be sent* nothing" in text


async def test_retry_runs_the_handler_of_an_event_again(visitor: Visitor, store: Store) -> None:
    await accept(store, make_event("evt_1"))
    await dead_letter(store)
    await visitor.open()
    await visitor.press("home_retry")
    assert (await read(store)).state is EventState.ACCEPTED


async def test_a_second_press_changes_nothing(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await visitor.open()
    view = visitor.view
    await visitor.press("home_retry")
    visitor.slack.workspace.publish("U0RECRUITER", view)
    await visitor.press("home_retry")
    assert "There is nothing to send again: it is on its way." in visitor.text


async def test_details_open_in_a_modal(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await visitor.open()
    await visitor.press("home_details")
    assert visitor.modal is not None
    assert visitor.modal.view["title"]["text"] == "Details"
    assert REASON in visitor.modal_text
    assert "evt_1" in visitor.modal_text


async def test_the_queue_is_told(visitor: Visitor, store: Store) -> None:
    await accept(store, make_event("evt_1"))
    text = await visitor.open()
    assert "*Waiting* 1 to be sent now · 0 for later · 0 held in quiet hours and breaks" in text


@pytest.mark.parametrize("admins", [frozenset({"U0OPERATOR"}), frozenset()])
async def test_others_do_not_see_it_and_cannot_press_it(
    context: AppContext, slack_api: LocalSlack, store: Store, admins: frozenset[str]
) -> None:
    """Admins are named, or the person is a guest: a button that was visible before is refused."""
    await run_worker(store)
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    bolt = create_bolt(
        signing_secret=SECRET, context=replace(context, admins=admins), timeouts=Timeouts()
    )
    async with visiting(bolt, slack_api, "U0OPERATOR") as operator:
        await operator.open()
        buttons = operator.view
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(is_guest=not admins)
    async with visiting(bolt, slack_api) as person:
        assert "For operators" not in await person.open()
        slack_api.workspace.publish("U0RECRUITER", buttons)
        text = await person.press("home_retry")
        assert "for the people who look after me" in text
        slack_api.workspace.publish("U0RECRUITER", buttons)
        await person.press("home_details")
        assert REASON not in person.modal_text
    assert (await read_delivery(store, delivery)).state is DeliveryState.FAILED


async def test_someone_slack_does_not_tell_about_is_no_operator(
    member: Visitor, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("users.info", [HttpFault.status(500)] * 9)
    assert "For operators" not in await member.open()


OTHERS = {
    "a channel": Destination(Transport.SLACK, "C0SECRET"),
    "a direct message": Destination(Transport.SLACK, "U0OPERATOR"),
    "an email address": Destination(Transport.EMAIL, "boss@example.com"),
}


@pytest.mark.parametrize("kind", OTHERS)
async def test_members_without_admins_retry_but_do_not_see_other_peoples_places(
    member: Visitor, store: Store, kind: str
) -> None:
    to = OTHERS[kind]
    [delivery] = await open_to(store, "evt_1", to)
    await settle(store, delivery, "failed", REASON)
    text = await member.open()
    part = text.split("For operators")[1]
    assert f"*Search completed* · {AT_14_30}\n❌ Could not be sent to {kind} (1 attempt): " in part
    await member.press("home_details")
    assert "It was not for you, so I can't say more about it." in member.modal_text
    for shown in (text, member.modal_text):
        assert to.address not in shown
        assert REASON not in shown
        assert "rust engineer" not in shown
    assert "👍 It is being sent again." in await member.press("home_retry")
    assert (await read_delivery(store, delivery)).state is DeliveryState.RETRYING


async def test_more_failures_than_fit_are_counted(visitor: Visitor, store: Store) -> None:
    for n in range(30):
        [delivery] = await open_to(store, f"evt_{n}", SLACK)
        await settle(store, delivery, "failed", "<!channel> & `*" * 400)
    text = await visitor.open()
    assert "and 24 more: /juicebox failed lists them" in text
    assert "<!channel>" not in text
    assert len(visitor.view["blocks"]) <= 100


async def test_a_dead_letter_that_is_gone_can_be_seen(visitor: Visitor, store: Store) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", REASON)
    await store.redis.delete("juicebox:event:evt_1")
    assert "*No longer readable*" in await visitor.open()
    assert "⚠️ That is not there any more" in await visitor.press("home_retry")
