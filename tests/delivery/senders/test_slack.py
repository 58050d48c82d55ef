"""Deliveries reach Slack once, and every way in which they do not says what should happen next."""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery.render import Renderer
from bot.delivery.senders.slack import SlackSender, slack_client
from bot.demo.redis_server import free_port
from bot.demo.slack_api import Fault, LocalSlack
from bot.demo.workspace import Conversation
from bot.errors import DeliveryError, LeaseLost
from bot.model import Delivery
from tests.delivery.senders.conftest import MakeDelivery

TOKEN = "xoxb-test-token"
OURS = {
    "event_type": "juicebox_delivery",
    "event_payload": {"delivery_id": "dlv_0123456789abcdef01234567"},
}


def ensure() -> None:
    """The lease is ours."""


@pytest.fixture
async def sender(slack_api: LocalSlack, renderer: Renderer) -> AsyncIterator[SlackSender]:
    sender = SlackSender(slack_client(TOKEN, slack_api.url), renderer)
    yield sender
    await sender.close()


Impatient = Callable[[str], SlackSender]


@pytest.fixture
async def sender_to(renderer: Renderer) -> AsyncIterator[Impatient]:
    """Makes senders of little patience to any address."""
    made: list[SlackSender] = []

    def make(url: str, token: str = TOKEN) -> SlackSender:
        client = slack_client(token, url, timeout=timedelta(seconds=1))
        made.append(SlackSender(client, renderer))
        return made[-1]

    yield make
    for sender in made:
        await sender.close()


async def failure(sender: SlackSender, delivery: Delivery) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sender.send(delivery, ensure)
    assert TOKEN not in caught.value.reason
    assert "1,204" not in caught.value.reason
    return caught.value


async def test_a_delivery_is_posted_with_its_id_as_metadata(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    receipt = await sender.send(make_delivery("C0RECRUIT"), ensure)
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
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery, address: str
) -> None:
    assert (await sender.send(make_delivery(address), ensure)).startswith("C0ALERTS/")


async def test_a_user_is_told_in_a_direct_message(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    for _ in range(2):
        receipt = await sender.send(make_delivery("U0RECRUITER"), ensure)
        assert receipt.startswith("D0RECRUITER/")
    assert len(slack_api.calls("conversations.open")) == 1


async def test_a_lost_lease_stops_the_post(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    def lost() -> None:
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        await sender.send(make_delivery("C0RECRUIT"), lost)
    assert slack_api.calls() == []


async def test_a_message_whose_reply_was_lost_is_found_and_not_repeated(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    slack_api.script("chat.postMessage", [Fault.lost_reply()])
    delivery = make_delivery("C0RECRUIT")
    error = await failure(sender, delivery)
    assert (error.retry, error.unsure) == (True, True)

    receipt = await sender.send(replace(delivery, unsure=True), ensure)
    [post] = slack_api.posts
    assert receipt == f"C0RECRUIT/{post.ts}"
    assert len(slack_api.calls("chat.postMessage")) == 1


@pytest.mark.parametrize("address", ["C0RECRUIT", "#recruiting", "U0RECRUITER"])
async def test_an_unsure_delivery_that_did_not_arrive_is_posted(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery, address: str
) -> None:
    await sender.send(make_delivery(address, unsure=True), ensure)
    assert len(slack_api.posts) == 1
    assert len(slack_api.calls("conversations.history")) == 1


async def test_a_message_is_found_on_the_last_page_of_a_named_channel(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    ours = slack_api.workspace.say("C0ALERTS", "ours", metadata=OURS)
    for number in range(450):
        slack_api.workspace.say("C0ALERTS", f"{number}")
    delivery = make_delivery("#juicebox-alerts", unsure=True)
    assert await sender.send(delivery, ensure) == f"C0ALERTS/{ours.ts}"
    assert await sender.send(delivery, ensure) == f"C0ALERTS/{ours.ts}"
    pages = [c.arguments.get("cursor", "") for c in slack_api.calls("conversations.history")]
    assert pages == ["", "next:200", "next:400"] * 2
    assert len(slack_api.calls("conversations.list")) == 1
    assert slack_api.calls("chat.postMessage") == []


async def test_the_look_begins_a_little_before_the_delivery_was_made(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    await sender.send(make_delivery("C0RECRUIT", unsure=True), ensure)
    [look] = slack_api.calls("conversations.history")
    assert look.arguments == {
        "channel": "C0RECRUIT",
        "oldest": "1768487100.000000",
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
async def test_other_peoples_messages_are_not_taken_for_ours(
    slack_api: LocalSlack,
    sender: SlackSender,
    make_delivery: MakeDelivery,
    metadata: dict[str, object] | None,
) -> None:
    slack_api.workspace.say("C0RECRUIT", "not ours", metadata=metadata)
    await sender.send(make_delivery("C0RECRUIT", unsure=True), ensure)
    assert len(slack_api.calls("chat.postMessage")) == 1


async def test_a_look_that_fails_for_good_says_what_to_grant(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    slack_api.scopes = ("chat:write",)
    error = await failure(sender, make_delivery("C0RECRUIT", unsure=True))
    assert (error.retry, error.unsure) == (False, True)
    assert error.reason == (
        "cannot tell whether it arrived: missing_scope: the bot lacks the scope channels:history;"
        " grant it and install the app again"
    )
    assert slack_api.posts == []


async def test_a_look_that_fails_for_now_is_repeated_later(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    slack_api.script("conversations.history", [Fault.status(500), Fault.rate_limited(3)])
    delivery = make_delivery("C0RECRUIT", unsure=True)
    assert (await failure(sender, delivery)).retry is True
    paced = await failure(sender, delivery)
    assert (paced.retry, paced.counts, paced.after) == (True, False, timedelta(seconds=3))
    assert slack_api.posts == []


async def test_a_name_that_no_channel_has_cannot_be_looked_at(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    error = await failure(sender, make_delivery("#nowhere", unsure=True))
    assert error.retry is False
    assert "channel_not_found: no channel #nowhere" in error.reason


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("1.2", 2),
        ("86400", 3_600),
        ("inf", 3_600),
        *((silly, 30) for silly in (None, "soon", "-5", "nan")),
    ],
)
async def test_slack_is_given_the_time_that_it_asks_for(
    slack_api: LocalSlack,
    sender: SlackSender,
    make_delivery: MakeDelivery,
    retry_after: str | None,
    seconds: int,
) -> None:
    slack_api.script("chat.postMessage", [Fault.rate_limited(retry_after)])
    error = await failure(sender, make_delivery("C0RECRUIT"))
    assert error.after == timedelta(seconds=seconds)
    assert (error.retry, error.counts, error.unsure) == (True, False, False)
    assert error.reason == f"Slack asks to wait {seconds} s"


async def test_ratelimited_without_429_is_waited_for_too(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    slack_api.script("chat.postMessage", [Fault.error("rate_limited")])
    error = await failure(sender, make_delivery("C0RECRUIT"))
    assert (error.after, error.counts) == (timedelta(seconds=30), False)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.status(500), "HTTP 500: Slack is having trouble"),
        (Fault.status(503, "sorry", "text/plain"), "HTTP 503: Slack is having trouble"),
        (Fault.status(502, "{", "application/json"), "HTTP 502: Slack is having trouble"),
        (Fault.error("internal_error", 500), "internal_error: Slack is having trouble"),
        (Fault.error("fatal_error"), "fatal_error: Slack is having trouble"),
        (Fault.error("service_unavailable"), "service_unavailable: Slack is having trouble"),
        (Fault.error("request_timeout"), "request_timeout: Slack is having trouble"),
        (Fault.dropped(), "the connection to Slack broke (ServerDisconnectedError)"),
        (Fault.garbage("<html>", "text/html"), "Slack's answer is not readable"),
        (Fault.garbage("hello", "text/plain"), "Slack's answer is not readable"),
        (Fault.garbage("{"), "Slack's answer is not readable"),
        (Fault.garbage("null"), "Slack's answer is not readable"),
        (Fault.garbage("[1]"), "Slack's answer is not readable"),
        (Fault.garbage("[" * 100_000), "Slack's answer is not readable"),
        (Fault.garbage('{"ok": true}'), "Slack's answer is not readable"),
        (Fault.garbage('{"ok": false, "error": 5}'), "Slack's answer is not readable"),
    ],
)
async def test_trouble_that_can_pass_leaves_it_open_whether_the_message_arrived(
    slack_api: LocalSlack,
    sender: SlackSender,
    make_delivery: MakeDelivery,
    fault: Fault,
    reason: str,
) -> None:
    slack_api.script("chat.postMessage", [fault])
    error = await failure(sender, make_delivery("C0RECRUIT"))
    assert error.reason == reason
    assert (error.retry, error.counts, error.after, error.unsure) == (True, True, None, True)
    assert len(slack_api.calls("chat.postMessage")) == 1


async def test_a_slack_that_does_not_answer_is_not_waited_for_long(
    slack_api: LocalSlack, sender_to: Impatient, make_delivery: MakeDelivery
) -> None:
    slack_api.script("chat.postMessage", [Fault.hang(accepted=True)])
    error = await failure(sender_to(slack_api.url), make_delivery("C0RECRUIT"))
    assert error.reason == "Slack did not answer in time"
    assert (error.retry, error.unsure) == (True, True)


async def test_a_slack_that_cannot_be_reached_has_not_got_the_message(
    sender_to: Impatient, make_delivery: MakeDelivery
) -> None:
    nobody = sender_to(f"http://127.0.0.1:{free_port()}/api/")
    error = await failure(nobody, make_delivery("C0RECRUIT"))
    assert error.reason == "Slack cannot be reached (ClientConnectorError)"
    assert (error.retry, error.unsure) == (True, False)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            Fault.error("channel_not_found"),
            "channel_not_found: no channel C0RECRUIT that this bot can see; check SLACK_CHANNEL",
        ),
        (Fault.error("restricted_action"), "restricted_action: the workspace's rules forbid"),
        (Fault.error("invalid_blocks"), "invalid_blocks: Slack refuses what the template makes"),
        (Fault.error("missing_scope"), "missing_scope: the bot lacks the scope that it needs;"),
        (Fault.error("as_user_not_supported"), "as_user_not_supported: Slack refuses the call"),
        (Fault.error("channel_not_found", 404), "channel_not_found: no channel C0RECRUIT"),
        (Fault.status(404, "<html>"), "HTTP 404: this is not Slack's API; check SLACK_API_URL"),
        (Fault.error("a<b>c;" + "d" * 200), "abc" + "d" * 97 + ": Slack refuses the call"),
    ],
)
async def test_what_no_repetition_mends_is_final(
    slack_api: LocalSlack,
    sender: SlackSender,
    make_delivery: MakeDelivery,
    fault: Fault,
    reason: str,
) -> None:
    slack_api.script("chat.postMessage", [fault])
    error = await failure(sender, make_delivery("C0RECRUIT"))
    assert error.reason.startswith(reason)
    assert (error.retry, error.unsure) == (False, False)


async def test_a_channel_without_the_bot_is_named(
    slack_api: LocalSlack, sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    slack_api.workspace.add(Conversation("C0OTHER", "other", is_member=False))
    error = await failure(sender, make_delivery("C0OTHER"))
    assert error.reason == "not_in_channel: the bot is not in C0OTHER; invite it there"


async def test_a_token_that_slack_does_not_take_is_final(
    slack_api: LocalSlack, sender_to: Callable[..., SlackSender], make_delivery: MakeDelivery
) -> None:
    stranger = sender_to(slack_api.url, "xoxb-wrong")
    error = await failure(stranger, make_delivery("C0RECRUIT"))
    assert error.retry is False
    assert error.reason == (
        "invalid_auth: Slack does not take SLACK_BOT_TOKEN; copy it again from the app's page"
    )


async def test_a_user_who_is_not_there_is_final(
    sender: SlackSender, make_delivery: MakeDelivery
) -> None:
    error = await failure(sender, make_delivery("U0NOBODY"))
    assert error.reason == "user_not_found: no user U0NOBODY in this workspace"


async def test_no_message_is_logged_not_even_for_debugging(
    sender: SlackSender, make_delivery: MakeDelivery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await sender.send(make_delivery("C0RECRUIT"), ensure)
    assert "1,204" not in caplog.text
    assert TOKEN not in caplog.text


async def test_a_sender_that_never_sent_closes(renderer: Renderer) -> None:
    await SlackSender(slack_client(TOKEN, "http://127.0.0.1:1/api/"), renderer).close()
