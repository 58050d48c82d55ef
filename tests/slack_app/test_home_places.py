"""The Home tab keeps what people choose where commands keep it, within the same limits."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta

import httpx
import pytest
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Audience, Destination, Transport, choices
from bot.model.schedule import QuietHours
from bot.model.subscription import Place, Subscription
from bot.slack_app.app import create_bolt
from bot.slack_app.context import AppContext
from bot.store import Store
from tests.factories import NOW
from tests.slack_app.conftest import Clock
from tests.slack_app.test_modals import TYPES, field, options, submit
from tests.slack_app.traffic import SECRET
from tests.slack_app.visitor import Visitor, visiting

ME = Destination(Transport.SLACK, "U0RECRUITER")


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    async with visiting(bolt, slack_api) as person:
        yield person


async def choose(store: Store, to: Destination, place: Place) -> None:
    await store.places.edit(to, lambda _: place, NOW)


async def test_an_address_that_the_settings_spell_otherwise_is_one_place(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> None:
    to = Destination(Transport.EMAIL, "Recruiter@Example.com")
    bolt = create_bolt(
        signing_secret=SECRET, context=replace(context, audiences={Audience.RECRUITERS: (to,)})
    )
    async with visiting(bolt, slack_api) as visitor:
        await visitor.open()
        await visitor.press("home_mute")
        await visitor.press("home_quiet_on")
        await visitor.press("home_subscribe")
        await visitor.submit(types=["*"], where="email")
    assert {*await store.places.all()} == {ME, to}
    place = await store.places.get(to)
    assert (len(place.mutes), len(place.subscriptions)) == (1, 1)
    assert place.quiet == QuietHours(time(19), time(8))


async def test_there_are_no_more_rules_than_can_be_listed(visitor: Visitor, store: Store) -> None:
    rules = tuple(Subscription((f"a.{n}",), "U0RECRUITER", NOW) for n in range(50))
    await choose(store, ME, Place(rules))
    await visitor.open()
    await visitor.press("home_subscribe")
    await visitor.submit(types=["*"])
    assert "⚠️ There are 50 subscriptions here already" in visitor.text
    assert (await store.places.get(ME)).subscriptions == rules


async def test_what_is_followed_is_shown_until_it_expires(
    visitor: Visitor, store: Store, clock: Clock
) -> None:
    await choose(store, ME, choices.follow(Place(), "export:exp_9", "U0RECRUITER", NOW))
    await visitor.open()
    assert "Unfollow" in visitor.labels
    clock.now += store.retention + timedelta(seconds=1)
    await visitor.open()
    assert "Unfollow" not in visitor.labels


async def test_without_a_mail_server_email_is_not_offered(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> None:
    bolt = create_bolt(signing_secret=SECRET, context=replace(context, mailable=None))
    async with visiting(bolt, slack_api) as visitor:
        await visitor.open()
        await visitor.press("home_subscribe")
        assert "By email" not in visitor.modal_text
        assert "Email is not offered" in visitor.modal_text
        await visitor.submit(types=["*"])
    assert [*await store.places.all()] == [ME]


@pytest.mark.parametrize("address", ["jürgen@example.com", "a b@example.com"])
async def test_an_address_that_email_to_would_refuse_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, address: str
) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(email=address)
    where = field("where", selected_option=options("email")[0])
    answer = await submit(http, {**TYPES, **where})
    assert list(answer.json()["errors"]) == ["where"]
    assert await store.places.all() == {}
