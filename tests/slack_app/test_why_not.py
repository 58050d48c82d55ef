"""`/juicebox why`: why a message did not come."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from bot.store import Store
from tests.factories import NOW, SLACK, make_event, seconds
from tests.slack_app.asking import ALERTS, choose, here, rule
from tests.slack_app.conftest import Come
from tests.slack_app.stored import AT_14_30, AT_14_32, SEARCH
from tests.stored_events import accept, dead_letter

FOUND = make_event(data=SEARCH)
SENT = f"✅ Sent {AT_14_30}."
OPT_IN = "🔕 Not sent: that goes only to those who subscribe. To get it here:"


async def test_what_is_for_operators_is_said_to_be(http: httpx.AsyncClient, come: Come) -> None:
    await come(make_event("evt_q", "quota.warning", data={"usage": 95, "limit": 100}))
    assert await here(http, "evt_q") == [
        "🔕 Not sent: that goes to operators only. To get it here too: `/juicebox subscribe quota`"
    ]


@pytest.mark.parametrize(
    ("filters", "line"),
    [
        (
            {"query": "go berlin"},
            "🔎 Subscription 1 is for “go berlin”, and the search was “rust engineer”.",
        ),
        ({"minimum": 5000}, "🔎 Subscription 1 is for 5,000 or more, and there were 1,204."),
    ],
)
async def test_a_filter_did_not_match(
    http: httpx.AsyncClient, store: Store, come: Come, filters: dict[str, Any], line: str
) -> None:
    await choose(store, ALERTS, subscriptions=(rule("search.completed", **filters),))
    await come(FOUND)
    assert await here(http, channel_id="C0ALERTS") == [line]


async def test_the_subscriptions_are_about_other_things(
    http: httpx.AsyncClient, store: Store, come: Come
) -> None:
    rules = (
        rule("export.ready", "key.*"),
        rule("*", excluded=("search.completed",)),
        rule("*", follows="search:srch_2"),
    )
    await choose(store, ALERTS, subscriptions=rules)
    await come(FOUND)
    assert await here(http, channel_id="C0ALERTS") == [
        "🔎 Subscription 1 is for `export.ready, key.*`.",
        "🔎 Subscription 2 is for everything but `search.completed`.",
        "🔎 Subscription 3 follows something else.",
        "🔕 Not sent: there is no subscription for it here. To get it: `/juicebox subscribe search`",
    ]


async def test_the_subscription_came_later_or_was_changed(
    http: httpx.AsyncClient, store: Store, come: Come
) -> None:
    await come(FOUND)
    later = replace(rule("search.completed"), made_at=NOW + seconds(120))
    await choose(store, ALERTS, subscriptions=(later, rule("*")))
    assert await here(http, channel_id="C0ALERTS") == [
        f"🔎 Subscription 1 is about it, but was made later: {AT_14_32}.",
        "🔎 Subscription 2 is about it now, but was not when it came.",
    ]


async def test_somebody_unsubscribed(http: httpx.AsyncClient, store: Store, come: Come) -> None:
    await choose(store, SLACK, unsubscribed=("search.completed",))
    await come(FOUND)
    assert await here(http) == [
        "🔕 Not sent: somebody unsubscribed here. `/juicebox subscribe search` takes it back."
    ]


async def test_profiles_go_only_to_those_who_subscribe(http: httpx.AsyncClient, come: Come) -> None:
    data = {"profileId": "prof_1", "fields": ["email"]}
    await come(make_event("evt_1", "profile.enriched", data=data))
    assert await here(http) == [f"{OPT_IN} `/juicebox subscribe profile`"]


async def test_there_was_nothing_to_say(http: httpx.AsyncClient, come: Come) -> None:
    await come(make_event("evt_1", "quota.warning", data={"usage": 5, "limit": 100}))
    assert await here(http) == ["🗄️ There was nothing to say about it: it was only noted."]


async def test_a_type_without_a_handler(http: httpx.AsyncClient, come: Come) -> None:
    await come(make_event("evt_1", "candidate.hired", data={"candidateId": 7}))
    assert await here(http) == [f"{OPT_IN} `/juicebox subscribe candidate.hired`"]


async def test_an_event_that_could_not_be_understood(http: httpx.AsyncClient, store: Store) -> None:
    await accept(store)
    assert (await here(http))[0].startswith("⏳ It has only just come, and nobody has got it yet.")
    await dead_letter(store, reason="searchId is missing")
    understood = "❌ What Juicebox sent could not be understood, so nobody got a message about it"
    assert await here(http) == [f"{understood}."]
    assert await here(http, channel_id="C0ALERTS") == [f"{understood}: `searchId is missing`."]


async def test_a_forgotten_event(http: httpx.AsyncClient, store: Store) -> None:
    await accept(store)
    await store.forgetting.forget_event("evt_1", NOW)
    assert await here(http) == ["🧹 It was forgotten on request, so I can't say more."]


async def test_a_test_message_was_for_one_place(http: httpx.AsyncClient, come: Come) -> None:
    await come(replace(make_event(data=SEARCH), test=True, only=SLACK))
    assert await here(http) == [SENT, "It was a test for this place."]
    assert await here(http, channel_id="C0ALERTS") == [
        "🔕 Not sent: it was a test, and not for here."
    ]
