"""Follow and Unfollow, below the messages that recruiters get."""

from collections.abc import AsyncIterator

import pytest
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.model import Destination, Transport
from bot.model.subscription import Subscription
from bot.store import Store
from tests.event_fixtures import TOLD
from tests.factories import NOW
from tests.slack_app.pressing import (
    GUEST,
    STRANGER,
    answer,
    answers,
    current,
    labels,
    press,
    show,
    text_of,
    using,
    with_button,
)

ME = Destination(Transport.SLACK, "U0RECRUITER")
THREAD = "search:srch_8f3k2m"


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with using(bolt, slack_api) as person:
        yield person


async def rules(store: Store, to: Destination = ME) -> tuple[Subscription, ...]:
    return (await store.places.get(to)).subscriptions


async def test_follow_subscribes_the_presser_and_says_how_to_stop(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    post = show(slack_api)
    await press(recruiter, post, "Follow")
    assert await rules(store) == (Subscription(("*",), "U0RECRUITER", NOW, follows=THREAD),)
    assert "You follow this search from now on" in answer(slack_api)
    assert "To stop, press Unfollow" in answer(slack_api)
    assert labels(answers(slack_api)[0]) == ["Unfollow"]


async def test_a_message_that_others_see_stays_as_it_is(
    recruiter: Person, slack_api: LocalSlack
) -> None:
    post = show(slack_api)
    await press(recruiter, post, "Follow")
    assert current(slack_api, post) == post
    assert slack_api.posts == [post]


async def test_follow_is_idempotent(recruiter: Person, slack_api: LocalSlack, store: Store) -> None:
    post = show(slack_api)
    for _ in range(2):
        await press(recruiter, post, "Follow")
    assert len(await rules(store)) == 1
    first, second = answers(slack_api)
    assert "from now on" in text_of(first)
    assert "You follow this search already" in text_of(second)
    assert labels(second) == ["Unfollow"]


async def test_unfollow_and_follow_replace_the_answer(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    await press(recruiter, show(slack_api), "Follow")
    await press(recruiter, answers(slack_api)[0], "Unfollow")
    assert await rules(store) == ()
    assert "You no longer follow this search" in answer(slack_api)
    await press(recruiter, answers(slack_api)[0], "Follow")
    assert len(await rules(store)) == 1
    assert "from now on" in answer(slack_api)


async def test_unfollow_is_idempotent(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    post = slack_api.workspace.say(
        "C0RECRUIT", "old", blocks=with_button("unfollow", THREAD, "Unfollow")
    )
    await press(recruiter, post, "Unfollow")
    assert "You do not follow this search" in answer(slack_api)
    assert await rules(store) == ()


async def test_the_button_of_a_direct_message_changes(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    post = show(slack_api, channel="D0RECRUITER")
    assert labels(post) == ["Follow", "Mute for 2 hours"]
    await press(recruiter, post, "Follow")
    post = current(slack_api, post)
    assert labels(post) == ["Unfollow", "Mute for 2 hours"]
    await press(recruiter, post, "Unfollow")
    assert labels(current(slack_api, post)) == ["Follow", "Mute for 2 hours"]
    assert await rules(store) == ()
    assert len(answers(slack_api)) == 2


@pytest.mark.parametrize("user", [GUEST, STRANGER])
async def test_guests_and_people_of_connected_workspaces_may_follow(
    bolt: AsyncApp, slack_api: LocalSlack, store: Store, user: str
) -> None:
    async with using(bolt, slack_api, user) as person:
        await press(person, show(slack_api), "Follow")
    assert len(await rules(store, Destination(Transport.SLACK, user))) == 1


@pytest.mark.parametrize("name", ["search.completed", "export.ready", "profile.enriched"])
async def test_each_kind_can_be_followed(
    recruiter: Person, slack_api: LocalSlack, store: Store, name: str
) -> None:
    await press(recruiter, show(slack_api, TOLD[name]), "Follow")
    [rule] = await rules(store)
    assert rule.follows == TOLD[name].thread


@pytest.mark.parametrize("name", ["other_event", "quota.warning", "key.rotated"])
async def test_what_has_no_further_messages_has_no_follow_button(
    slack_api: LocalSlack, name: str
) -> None:
    assert "Follow" not in labels(show(slack_api, TOLD[name]))


@pytest.mark.parametrize(
    "value",
    [
        "search:",
        "search",
        "*",
        "dead:evt_1:1",
        "event:evt_1",
        "search:" + "x" * 1994,
    ],
    ids=lambda value: value[:12],
)
@pytest.mark.parametrize("label", ["Follow", "Unfollow"])
async def test_a_damaged_value_changes_nothing(
    recruiter: Person, slack_api: LocalSlack, store: Store, value: str, label: str
) -> None:
    blocks = with_button(label.lower(), value, label)
    post = slack_api.workspace.say("C0RECRUIT", "damaged", blocks=blocks)
    await press(recruiter, post, label)
    assert "so nothing was changed" in answer(slack_api)
    assert await rules(store) == ()
