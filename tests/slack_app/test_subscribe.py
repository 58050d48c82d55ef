"""`/juicebox subscribe`: what is stored, what is answered, and what changes nothing."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.fakes.slack.api import LocalSlack
from bot.model import Destination, Transport
from bot.model.subscription import Place, Subscription
from bot.store import Store, keys
from tests.factories import NOW, SLACK
from tests.slack_app.typed import DIRECT, OPERATOR, RECRUITER, Chat

ME = Destination(Transport.SLACK, RECRUITER)
SEARCH = Subscription(("search.completed",), RECRUITER, NOW)


async def test_a_channel_is_subscribed_for_all_to_see(chat: Chat, store: Store) -> None:
    with capture_logs() as logs:
        answer = await chat.type("subscribe profile")
    assert answer.in_channel
    assert answer.lines == [
        "<@U0RECRUITER> has subscribed this channel to *Profile enriched*.",
        "To undo: `/juicebox unsubscribe 1`",
    ]
    rule = replace(SEARCH, types=("profile.enriched",))
    assert await store.places.all() == {SLACK: Place((rule,))}
    [line] = [line for line in logs if line["event"] == "subscription changed"]
    assert (line["what"], line["by"]) == ("subscribe", RECRUITER)


@pytest.mark.parametrize(
    ("text", "channel", "number"),
    [
        ("subscribe search me", "C0RECRUIT", "1 me"),
        ("subscribe me search", "C0UNSEEN", "1 me"),
        ("subscribe search", DIRECT, "1"),
        ("subscribe search me", DIRECT, "1 me"),
    ],
)
async def test_oneself_is_subscribed_in_private(
    chat: Chat, store: Store, text: str, channel: str, number: str
) -> None:
    answer = await chat.type(text, channel=channel)
    assert not answer.in_channel
    assert answer.lines == [
        "You will get *Search completed* as direct messages.",
        f"To undo: `/juicebox unsubscribe {number}`",
    ]
    place = Place((SEARCH,), owner=RECRUITER, zone="Europe/Berlin")
    assert await store.places.all() == {ME: place}


async def test_a_mail_goes_to_ones_own_address(chat: Chat, store: Store) -> None:
    answer = await chat.type("subscribe profile email", user=OPERATOR)
    assert not answer.in_channel
    assert answer.lines == [
        "You will get *Profile enriched* by mail to operator@example.com.",
        "To undo: `/juicebox unsubscribe 1 email`",
    ]
    [(to, place)] = (await store.places.all()).items()
    assert to == Destination(Transport.EMAIL, "operator@example.com")
    assert (place.owner, place.zone) == (OPERATOR, "America/New_York")


@pytest.mark.parametrize(
    ("typed", "types", "words"),
    [
        ("search export", ("search.completed", "export.ready"), "Search completed, Export ready"),
        ("all", ("*",), "everything"),
        ("Quota, KEY", ("quota.warning", "key.rotated"), "Quota warning, Key rotated"),
        ("search.*", ("search.*",), "search.∗"),
    ],
)
async def test_types_are_named_in_words(
    chat: Chat, store: Store, typed: str, types: tuple[str, ...], words: str
) -> None:
    answer = await chat.type(f"subscribe {typed} me")
    assert answer.lines[0] == f"You will get *{words}* as direct messages."
    assert [rule.types for rule in (await store.places.get(ME)).subscriptions] == [types]


async def test_filters_are_kept_and_named(chat: Chat, store: Store) -> None:
    answer = await chat.type('subscribe search query:"backend berlin" min:1,000 me')
    assert answer.lines[0] == (
        "You will get *Search completed* with “backend berlin” in the search and with 1,000 or more"
        " results or records as direct messages."
    )
    [rule] = (await store.places.get(ME)).subscriptions
    assert rule == replace(SEARCH, query="backend berlin", minimum=1000)


async def test_the_same_again_is_one_rule(chat: Chat, store: Store) -> None:
    await chat.type("subscribe profile")
    await chat.type("subscribe profile", user=OPERATOR)
    [rule] = (await store.places.get(SLACK)).subscriptions
    assert rule.made_by == OPERATOR


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("export query:rust", "`query:` does not work for Export ready: nobody types search words"),
        ("profile min:3", "`min:` does not work for Profile enriched: it has no number of results"),
        ("search key min:3", "`min:` does not work for Key rotated"),
        ("all min:3", "(which is part of everything): it has no number"),
        (
            "export.* query:rust",
            "`query:` does not work for Export ready (which export.* includes)",
        ),
        ("list.updated min:3", "I can't look into list.updated"),
        ("list.* query:a", "I can't look into list.*"),
    ],
)
async def test_a_filter_that_a_type_cannot_have_is_refused_with_the_reason(
    chat: Chat, redis: Redis, typed: str, answer: str
) -> None:
    refused = await chat.type(f"subscribe {typed}")
    assert answer in refused.text
    assert not refused.in_channel
    assert not await redis.exists(keys.PLACES)


async def test_a_wildcard_may_have_a_filter_that_all_its_types_have(
    chat: Chat, store: Store
) -> None:
    await chat.type("subscribe search.* min:3")
    assert (await store.places.get(SLACK)).subscriptions[0].minimum == 3


async def test_a_type_without_a_text_is_accepted_and_said_to_be_one(
    chat: Chat, store: Store
) -> None:
    answer = await chat.type("subscribe list.updated search me")
    assert answer.lines[1] == (
        "I have no text of my own for `list.updated`. If Juicebox sends it, its details come as they are."
    )
    assert (await store.places.get(ME)).subscriptions[0].types[0] == "list.updated"


async def test_a_word_that_is_no_type_is_answered_by_the_grammar(chat: Chat, redis: Redis) -> None:
    assert "Did you mean `search`?" in (await chat.type("subscribe serach")).text
    assert not await redis.exists(keys.PLACES)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (" ".join(f"a.b{n}" for n in range(21)), "One command takes 20 types at most"),
        (f"a.{'b' * 100}", "of 100 characters each"),
        (f'search query:"{"x" * 201}"', "`query:` takes 200 characters at most."),
    ],
)
async def test_more_than_can_be_kept_is_refused(
    chat: Chat, redis: Redis, typed: str, answer: str
) -> None:
    assert answer in (await chat.type(f"subscribe {typed}")).text
    assert not await redis.exists(keys.PLACES)


async def test_a_place_has_no_more_rules_than_can_be_listed(chat: Chat, store: Store) -> None:
    rules = tuple(replace(SEARCH, minimum=n) for n in range(50))
    await store.places.edit(SLACK, lambda _: Place(rules), NOW)
    answer = await chat.type("subscribe export")
    assert "50 subscriptions here already" in answer.text
    assert len((await store.places.get(SLACK)).subscriptions) == 50
    assert (await chat.type("subscribe search min:7")).in_channel


@pytest.mark.parametrize(
    "words",
    ["<!channel> <@U0RECRUITER>", "*bold* _x_ `code`", "{{7*7}} \\n", "\u202e\x00", "x" * 200],
)
async def test_hostile_words_can_neither_ping_nor_break_the_answer(
    chat: Chat, slack_api: LocalSlack, words: str
) -> None:
    answer = await chat.type(f'subscribe search query:"{words}"')
    assert answer.in_channel
    assert "<!channel>" not in answer.text + answer.message["text"]
    assert answer.text.count("<@U0RECRUITER>") == 1
    assert (await chat.type("unsubscribe 1")).in_channel
