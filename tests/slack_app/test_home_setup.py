"""Until the bot is set up, its Home tab is a checklist."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from slack_bolt.async_app import AsyncApp

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.model import Audience, Destination, Platform, Transport
from bot.rendering.templates import Templates
from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.context import AppContext
from bot.store import Store
from bot.transports.slack.content import SlackRenderer
from tests.factories import MAIL, SLACK, make_event
from tests.slack_app.stored import open_to, settle
from tests.slack_app.traffic import SECRET
from tests.slack_app.visitor import Visitor, run_worker, visiting
from tests.stored_events import accept


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    async with visiting(bolt, slack_api) as person:
        yield person


async def test_everything_is_missing(visitor: Visitor, slack_api: LocalSlack) -> None:
    slack_api.workspace.conversations["C0RECRUIT"].is_member = False
    slack_api.scopes = tuple(scope for scope in slack_api.scopes if scope != "users:read")
    text = await visitor.open()
    assert "Getting started" in text
    assert (
        "⬜ The worker, which sends messages, is running\nStart it: `python -m bot worker`" in text
    )
    assert (
        "⬜ I am not in <#C0RECRUIT>, the channel for recruiters\nWrite `/invite @Juicebox`" in text
    )
    assert "⬜ I can tell members from guests" in text
    assert "I lack the permission `users:read`" in text
    assert (
        "⬜ No event has come from Juicebox yet\nRegister the webhook: `python -m bot webhook"
        in text
    )
    assert "Everything is working" not in text


async def test_others_than_operators_read_no_commands(
    context: AppContext, slack_api: LocalSlack
) -> None:
    bolt = create_bolt(
        signing_secret=SECRET,
        context=replace(context, admins=frozenset({"U0OPERATOR"})),
        timeouts=Timeouts(),
    )
    async with visiting(bolt, slack_api) as person:
        text = await person.open()
    assert (
        "⬜ No event has come from Juicebox yet\nThe person who looks after me can do that" in text
    )
    assert "is running\nThe person who looks after me can do that" in text
    assert "python -m bot" not in text


async def test_steps_that_are_done_are_ticked(visitor: Visitor, store: Store) -> None:
    await run_worker(store)
    text = await visitor.open()
    assert "✅ The worker, which sends messages, is running" in text
    assert "✅ I am in <#C0RECRUIT>" in text
    assert "✅ I can tell members from guests" in text
    assert "⬜ No event has come" in text
    assert "My subscriptions" in text


async def test_a_test_event_does_not_show_that_the_webhook_is_registered(
    visitor: Visitor, store: Store
) -> None:
    await run_worker(store)
    event = replace(make_event("evt_1"), test=True)
    await accept(store, event)
    assert "⬜ No event has come" in await visitor.open()
    await accept(store, make_event("evt_2"))
    assert "Getting started" not in await visitor.open()


async def test_a_stopped_worker_alone_is_no_set_up(visitor: Visitor, store: Store) -> None:
    await accept(store, make_event("evt_1"))
    text = await visitor.open()
    assert "Getting started" not in text
    assert "*⚠️ Messages are waiting.*" in text


async def test_the_commands_fit_the_platform(context: AppContext, slack_api: LocalSlack) -> None:
    heroku = SlackRenderer(Templates(platform=Platform(is_heroku=True)))
    bolt = create_bolt(
        signing_secret=SECRET,
        context=replace(context, render=heroku.render_template),
        timeouts=Timeouts(),
    )
    async with visiting(bolt, slack_api) as person:
        text = await person.open()
    assert "`heroku ps:scale worker=1`" in text
    assert "`heroku run python -m bot webhook create https://" in text


async def test_a_message_that_has_arrived_shows_that_the_bot_is_in_the_channel(
    visitor: Visitor, slack_api: LocalSlack, store: Store
) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "sent")
    slack_api.workspace.conversations["C0RECRUIT"].is_member = False
    assert "Getting started" not in await visitor.open()


async def test_a_channel_that_the_bot_was_removed_from_is_noticed(
    visitor: Visitor, slack_api: LocalSlack, store: Store
) -> None:
    for event_id, end in (("evt_1", "sent"), ("evt_2", "failed")):
        [delivery] = await open_to(store, event_id, SLACK)
        await settle(store, delivery, end, "Slack says not_in_channel")
    slack_api.workspace.conversations["C0RECRUIT"].is_member = False
    for _ in range(3):
        assert "⬜ I am not in <#C0RECRUIT>" in await visitor.open()
    assert len(slack_api.calls("conversations.info")) == 1


@pytest.mark.parametrize(
    "fault", [HttpFault.status(500), HttpFault.hang(), HttpFault.error("missing_scope")]
)
async def test_what_slack_does_not_say_is_left_out(
    visitor: Visitor, slack_api: LocalSlack, fault: HttpFault
) -> None:
    slack_api.plan_faults("conversations.info", [fault] * 2)
    text = await visitor.open()
    assert "the channel for recruiters" not in text
    assert "I am in" not in text


@pytest.mark.parametrize(
    "recruiters", [(), (MAIL,), (Destination(Transport.SLACK, "#recruiting"),)]
)
async def test_without_a_channels_id_there_is_no_such_step(
    context: AppContext, slack_api: LocalSlack, recruiters: tuple[Destination, ...]
) -> None:
    audiences = {**context.audiences, Audience.RECRUITERS: recruiters}
    bolt = create_bolt(
        signing_secret=SECRET,
        context=replace(context, audiences=audiences),
        timeouts=Timeouts(),
    )
    async with visiting(bolt, slack_api) as person:
        text = await person.open()
    assert "I am" not in text
    assert slack_api.calls("conversations.info") == []
