"""The operators are told once that an address has unsubscribed."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import Audience, Destination, EventState, Transport
from bot.model.choices import subscribe
from bot.model.subscription import Subscription
from bot.model.unsubscribed import UNSUBSCRIBED
from bot.store import Store
from bot.wiring import build_jobs
from tests.app import MakeSettings, web_client
from tests.run_jobs import event_job, run_job
from tests.unsubscribe.one_click import ADDRESS, TO, press


async def unsubscribed_events(store: Store) -> list[str]:
    return [e.id for e in await store.events.latest(10) if e.event.type == UNSUBSCRIBED]


async def test_the_operators_are_told_once_for_each_time(
    client: httpx.AsyncClient, store: Store
) -> None:
    await asyncio.gather(*(press(client) for _ in range(5)))
    assert len(await unsubscribed_events(store)) == 1
    rule = Subscription(("*",), "U1", datetime(2026, 1, 15, tzinfo=UTC))
    await store.places.edit(TO, lambda place: subscribe(place, rule), rule.made_at)
    assert len(await unsubscribed_events(store)) == 1
    await press(client)
    await press(client)
    assert len(await unsubscribed_events(store)) == 2


async def test_a_request_that_was_interrupted_is_completed_by_the_next_one(
    client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patched:
        patched.setattr("bot.store.places.Places.edit", interrupted)
        assert (await press(client)).status_code == 503
    assert await store.places.all() == {}
    assert (await press(client)).status_code == 200
    assert TO in await store.places.all()
    assert len(await unsubscribed_events(store)) == 1


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("alert_to", ["operator@example.com", None])
async def test_operators_get_it_in_slack_and_by_email_and_the_address_itself_does_not(
    make_settings: MakeSettings,
    store: Store,
    slack_api: LocalSlack,
    inbox: Inbox,
    alert_to: str | None,
) -> None:
    """Without EMAIL_ALERT_TO, the addresses of EMAIL_TO are the operators'."""
    settings = make_settings(
        SLACK_API_URL=slack_api.url,
        SMTP_URL=inbox.url,
        EMAIL_TO=f"{ADDRESS},other@example.com",
        EMAIL_ALERT_TO=alert_to,
        PUBLIC_URL="https://bot.example.com",
    )
    every = Subscription(("*",), "U1", datetime(2026, 1, 15, tzinfo=UTC))
    subscriber = Destination(Transport.SLACK, "U1")
    await store.places.edit(subscriber, lambda place: subscribe(place, every), every.made_at)
    async with web_client(settings) as client:
        await press(client)
    [event_id] = await unsubscribed_events(store)
    tasks = build_jobs(settings)
    await run_job(tasks, event_job(event_id))
    await tasks.close()
    [post] = slack_api.posts
    assert (post.channel, "unsubscribed" in post.text) == ("C0ALERTS", True)
    assert ADDRESS not in post.text
    assert ADDRESS in str(post.blocks)
    assert [mail.recipients for mail in inbox.mails] == [(alert_to or "other@example.com",)]
    assert f"python -m bot subscriptions --reset email:{ADDRESS}" in inbox.mails[0].text
    assert "List-Unsubscribe" not in inbox.mails[0].message
    stored = await store.events.get(event_id)
    assert stored is not None
    assert stored.state is EventState.HANDLED
    assert {d.audience for d in stored.deliveries} == {Audience.OPERATORS}
