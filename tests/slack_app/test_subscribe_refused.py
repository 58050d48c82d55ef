"""What cannot be subscribed: places that cannot be reached, and people who may not change a channel."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation, Profile
from bot.model import Destination, Transport
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from tests.slack_app.traffic import signed, slash_command
from tests.slack_app.typed import OPERATOR, RECRUITER, Chat, add_person, chat_with, remove_scope

CHANGES = ("subscribe search", "unsubscribe search", "mute 2h", "unmute")


@pytest.fixture(autouse=True)
async def nothing_is_stored(redis: Redis) -> AsyncIterator[None]:
    """Nothing is half-subscribed: after each of these tests, no place has any choice."""
    yield
    assert not await redis.exists(keys.PLACES)


@pytest.mark.parametrize("text", CHANGES)
@pytest.mark.parametrize(
    "channel",
    [
        Conversation("C0ELSE", "elsewhere", is_member=False),
        Conversation("C0SECRET", "secret", is_member=False, is_private=True),
        Conversation("C0OTHER", "other", is_member=False),
    ],
    ids=lambda channel: channel.name,
)
async def test_a_channel_without_the_bot_is_answered_with_how_to_invite_it(
    chat: Chat, slack_api: LocalSlack, channel: Conversation, text: str
) -> None:
    slack_api.workspace.add(channel)
    answer = await chat.type(text, channel=channel.id)
    assert "`/invite @Juicebox`" in answer.text
    assert not answer.in_channel


async def test_a_group_of_people_is_answered_so_too(chat: Chat) -> None:
    """Slack says of a group direct message that there is no such channel."""
    assert "`/invite @Juicebox`" in (await chat.type("subscribe search", channel="G0GROUP")).text


async def test_a_private_channel_without_the_scope_is_answered_so_too(
    chat: Chat, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("conversations.info", [HttpFault.error("missing_scope")])
    assert "`/invite @Juicebox`" in (await chat.type("subscribe search")).text


async def test_an_archived_channel_is_said_to_be_archived(
    chat: Chat, slack_api: LocalSlack
) -> None:
    slack_api.workspace.add(Conversation("C0OLD", "old", is_archived=True))
    answer = await chat.type("subscribe search", channel="C0OLD")
    assert answer.lines == [
        "This channel is archived, so nothing can be posted here. Nothing was changed."
    ]


@pytest.mark.parametrize(
    "fault", [HttpFault.status(500), HttpFault.error("ratelimited"), HttpFault.hang()]
)
async def test_while_slack_does_not_answer_nothing_changes(
    chat: Chat, slack_api: LocalSlack, fault: HttpFault
) -> None:
    slack_api.plan_faults("conversations.info", [fault])
    answer = await chat.type("subscribe search")
    assert answer.lines[0].startswith("Slack doesn't tell me about this channel right now.")


SILENT = [HttpFault.status(500), HttpFault.error("ratelimited"), HttpFault.hang()]


@pytest.mark.parametrize("fault", SILENT)
@pytest.mark.parametrize("text", ["subscribe search", "subscribe search email"])
async def test_while_slack_does_not_tell_who_asks_nothing_changes(
    chat: Chat, slack_api: LocalSlack, fault: HttpFault, text: str
) -> None:
    slack_api.plan_faults("users.info", [fault])
    answer = await chat.type(text)
    assert answer.lines[0].startswith("Slack does not answer right now, so I can't see")
    assert "install" not in answer.text


@pytest.mark.parametrize("fault", SILENT)
async def test_ones_own_messages_can_be_subscribed_meanwhile(
    chat: Chat, slack_api: LocalSlack, fault: HttpFault
) -> None:
    slack_api.plan_faults("users.info", [fault])
    answer = await chat.type("subscribe search me")
    assert answer.lines[0].startswith("You will get *Search completed*")
    await chat.type("unsubscribe all me")


async def test_without_the_scope_for_addresses_a_sentence_says_what_to_do(
    chat: Chat, slack_api: LocalSlack
) -> None:
    remove_scope(slack_api, "users:read.email")
    answer = await chat.type("subscribe search email")
    assert "the scope users:read.email" in answer.text
    assert "`me` in place of `email`" in answer.text


async def test_without_a_mail_server_a_sentence_says_so(context: AppContext) -> None:
    async with chat_with(replace(context, mailable=None)) as chat:
        answer = await chat.type("subscribe search email")
    assert answer.lines[0].startswith("I can't send mail here: email is not set up.")


@pytest.mark.parametrize(
    "address", ["jürgen@example.com", "a b@example.com", "x", "a@b\r\nBcc: c@d"]
)
async def test_an_address_that_email_to_would_refuse_is_refused(
    chat: Chat, slack_api: LocalSlack, address: str
) -> None:
    slack_api.workspace.profiles[RECRUITER] = Profile(email=address)
    answer = await chat.type("subscribe search email")
    assert "I can't send mail to the address in your Slack profile" in answer.text


@pytest.mark.parametrize("text", CHANGES)
async def test_a_guest_changes_no_channel(chat: Chat, slack_api: LocalSlack, text: str) -> None:
    guest = add_person(slack_api, "U0GUEST", Profile(is_guest=True))
    answer = await chat.type(text, user=guest)
    assert "Guests and people from other workspaces" in answer.text


@pytest.mark.parametrize("text", CHANGES)
async def test_without_users_read_nobody_changes_a_channel(
    chat: Chat, slack_api: LocalSlack, text: str
) -> None:
    remove_scope(slack_api, "users:read")
    assert "I lack the scope users:read" in (await chat.type(text)).text


async def test_a_list_of_admins_limits_changes_to_them(context: AppContext) -> None:
    async with chat_with(replace(context, admins=frozenset({OPERATOR}))) as chat:
        assert "Only the people who look after me" in (await chat.type("subscribe search")).text
        assert (await chat.type("subscribe profile", user=OPERATOR)).in_channel
        await chat.type("unsubscribe 1", user=OPERATOR)


async def test_a_command_without_a_user_is_refused(chat: Chat) -> None:
    body = slash_command("subscribe search me", user_id="nobody")
    answer = await chat.http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 400


async def test_guests_choose_for_themselves(
    chat: Chat, slack_api: LocalSlack, store: Store
) -> None:
    guest = add_person(slack_api, "U0GUEST", Profile(is_guest=True, email="guest@example.com"))
    for text in ("subscribe search me", "mute 2h me", "unmute me", "subscribe search email"):
        assert "Guests" not in (await chat.type(text, user=guest)).text
    assert {*await store.places.all()} == {
        Destination(Transport.SLACK, guest),
        Destination(Transport.EMAIL, "guest@example.com"),
    }
    for text in ("unsubscribe 1 me", "unsubscribe all email"):
        await chat.type(text, user=guest)
