"""Posts, and the search for messages that may have arrived."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import LeaseLost
from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.transports.slack.client import slack_client
from bot.transports.slack.sender import SlackSender
from tests.transports.conftest import MakeMessage
from tests.transports.slack.conftest import OURS, TOKEN, check_lease, failure


async def test_a_delivery_is_posted_with_its_id_as_metadata(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    receipt = await sender.send(make_message("C0RECRUIT"), check_lease)
    [post] = slack_api.posts
    assert receipt == f"C0RECRUIT/{post.ts}"
    assert post.text == "Found 1,204 results"
    assert post.blocks == [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Found* 1,204 results"}}
    ]
    assert post.metadata == OURS
    assert (post.unfurl_links, post.unfurl_media) == (False, False)
    assert [c.method for c in slack_api.calls()] == ["chat.postMessage"]


@pytest.mark.parametrize("address", ["#juicebox-alerts", "juicebox-alerts"])
async def test_a_channel_can_be_named(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage, address: str
) -> None:
    assert (await sender.send(make_message(address), check_lease)).startswith("C0ALERTS/")


async def test_a_user_gets_a_direct_message(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    for _ in range(2):
        receipt = await sender.send(make_message("U0RECRUITER"), check_lease)
        assert receipt.startswith("D0RECRUITER/")
    assert len(slack_api.calls("conversations.open")) == 1


async def test_a_lost_lease_stops_the_post(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    def lost() -> None:
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        await sender.send(make_message("C0RECRUIT"), lost)
    assert slack_api.calls() == []


async def test_a_message_whose_reply_was_lost_is_found_and_not_repeated(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.lost_reply()])
    message = make_message("C0RECRUIT")
    error = await failure(sender, message)
    assert (error.retry, error.maybe_delivered) == (True, True)

    receipt = await sender.send(replace(message, maybe_delivered=True), check_lease)
    [post] = slack_api.posts
    assert receipt == f"C0RECRUIT/{post.ts}"
    assert len(slack_api.calls("chat.postMessage")) == 1


@pytest.mark.parametrize("address", ["C0RECRUIT", "#recruiting", "U0RECRUITER"])
async def test_a_maybe_delivered_message_that_did_not_arrive_is_posted(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage, address: str
) -> None:
    await sender.send(make_message(address, maybe_delivered=True), check_lease)
    assert len(slack_api.posts) == 1
    assert len(slack_api.calls("conversations.history")) == 1


async def test_a_message_is_found_on_the_last_page_of_a_named_channel(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    ours = slack_api.workspace.say("C0ALERTS", "ours", metadata=OURS)
    for number in range(450):
        slack_api.workspace.say("C0ALERTS", f"{number}")
    message = make_message("#juicebox-alerts", maybe_delivered=True)
    assert await sender.send(message, check_lease) == f"C0ALERTS/{ours.ts}"
    assert await sender.send(message, check_lease) == f"C0ALERTS/{ours.ts}"
    pages = [c.arguments.get("cursor", "") for c in slack_api.calls("conversations.history")]
    assert pages == ["", "next:200", "next:400"] * 2
    assert len(slack_api.calls("conversations.list")) == 1
    assert slack_api.calls("chat.postMessage") == []


async def test_the_search_begins_two_hours_before_the_delivery_was_created(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    await sender.send(make_message("C0RECRUIT", maybe_delivered=True), check_lease)
    [look] = slack_api.calls("conversations.history")
    assert look.arguments == {
        "channel": "C0RECRUIT",
        "oldest": "1768480200.000000",
        "include_all_metadata": "1",
        "limit": "200",
    }


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"event_type": "juicebox_delivery", "event_payload": {"delivery_id": "dlv_other"}},
        {"event_type": "juicebox_delivery", "event_payload": {"delivery_id": 5}},
        {"event_type": "other", "event_payload": OURS["event_payload"]},
        {"event_type": "other", "event_payload": {}},
    ],
)
async def test_messages_of_others_are_not_taken_for_ours(
    slack_api: LocalSlack,
    sender: SlackSender,
    make_message: MakeMessage,
    metadata: dict[str, object] | None,
) -> None:
    slack_api.workspace.say("C0RECRUIT", "not ours", metadata=metadata)
    await sender.send(make_message("C0RECRUIT", maybe_delivered=True), check_lease)
    assert len(slack_api.calls("chat.postMessage")) == 1


async def test_a_search_that_fails_permanently_names_the_missing_scope(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    slack_api.scopes = ("chat:write",)
    error = await failure(sender, make_message("C0RECRUIT", maybe_delivered=True))
    assert (error.retry, error.maybe_delivered) == (False, True)
    assert error.reason == (
        "cannot tell whether it arrived: missing_scope: the bot lacks the scope channels:history;"
        " grant it and install the app again"
    )
    assert slack_api.posts == []


async def test_a_search_that_fails_temporarily_is_retried(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    slack_api.plan_faults(
        "conversations.history", [HttpFault.status(500), HttpFault.rate_limited(3)]
    )
    message = make_message("C0RECRUIT", maybe_delivered=True)
    assert (await failure(sender, message)).retry is True
    rate_limited = await failure(sender, message)
    assert (rate_limited.retry, rate_limited.uses_attempt, rate_limited.after) == (
        True,
        False,
        timedelta(seconds=3),
    )
    assert slack_api.posts == []


async def test_a_channel_name_that_does_not_exist_is_permanent(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    error = await failure(sender, make_message("#nowhere", maybe_delivered=True))
    assert error.retry is False
    assert "channel_not_found: no channel #nowhere" in error.reason


async def test_a_sender_that_never_sent_closes() -> None:
    await SlackSender(slack_client(TOKEN, "http://127.0.0.1:1/api/")).close()
