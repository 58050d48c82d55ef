"""How failures of Slack become DeliveryErrors."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.errors import DeliveryError
from bot.fakes.redis_server import free_port
from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.fakes.slack.workspace import Conversation
from bot.transports.slack.sender import SlackSender
from tests.transports.conftest import MakeMessage
from tests.transports.slack.conftest import TOKEN, MakeSender, check_lease, failure

NOT_SLACKS = [
    ("<html>Forbidden</html>", "text/html"),
    ("request timed out", "text/plain"),
    ("", "application/octet-stream"),
    ("{", "application/json"),
    ("[1]", "application/json"),
    ('{"error": "Forbidden"}', "application/json"),
    ('{"message": "Forbidden"}', "application/json"),
]
"""Replies of load balancers, firewalls and proxies: every reply of Slack has `ok`."""

Failed = Callable[[HttpFault], Awaitable[DeliveryError]]


@pytest.fixture
def failed_by(slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage) -> Failed:
    """Return a function that posts with this fault, and returns the error."""

    async def post(fault: HttpFault) -> DeliveryError:
        slack_api.plan_faults("chat.postMessage", [fault])
        return await failure(sender, make_message("C0RECRUIT"))

    return post


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("1.2", 2),
        ("86400", 3_600),
        ("inf", 3_600),
        *((invalid, 30) for invalid in (None, "soon", "-5", "nan")),
    ],
)
async def test_a_rate_limit_waits_for_retry_after(
    failed_by: Failed, retry_after: str | None, seconds: int
) -> None:
    error = await failed_by(HttpFault.rate_limited(retry_after))
    assert error.after == timedelta(seconds=seconds)
    assert (error.retry, error.uses_attempt, error.maybe_delivered) == (True, False, False)
    assert error.reason == f"Slack asks to wait {seconds} s"


async def test_ratelimited_without_status_429_is_a_rate_limit_too(failed_by: Failed) -> None:
    error = await failed_by(HttpFault.error("rate_limited"))
    assert (error.after, error.uses_attempt) == (timedelta(seconds=30), False)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (HttpFault.status(500), "HTTP 500: Slack is having trouble"),
        (HttpFault.status(503, "sorry", "text/plain"), "HTTP 503: Slack is having trouble"),
        (HttpFault.status(502, "{", "application/json"), "HTTP 502: Slack is having trouble"),
        (HttpFault.error("internal_error", 500), "internal_error: Slack is having trouble"),
        (HttpFault.error("fatal_error"), "fatal_error: Slack is having trouble"),
        (HttpFault.error("service_unavailable"), "service_unavailable: Slack is having trouble"),
        (HttpFault.error("request_timeout"), "request_timeout: Slack is having trouble"),
        (
            HttpFault.error("a_new_name_of_slacks", 503),
            "a_new_name_of_slacks: Slack is having trouble",
        ),
        *(
            (HttpFault.status(code, body, kind), f"HTTP {code}: not an answer of Slack's API;")
            for code in (400, 401, 403, 407, 408, 410, 421, 425, 451, 460, 499)
            for body, kind in NOT_SLACKS
        ),
        (HttpFault.status(304), "HTTP 304: not an answer of Slack's API;"),
        (HttpFault.status(302, "<html>"), "HTTP 302: not an answer of Slack's API;"),
        (HttpFault.garbage('{"error": "not_authed"}'), "Slack's answer is not readable"),
        (HttpFault.dropped(), "the connection to Slack broke (ServerDisconnectedError)"),
        (HttpFault.garbage("<html>", "text/html"), "Slack's answer is not readable"),
        (HttpFault.garbage("hello", "text/plain"), "Slack's answer is not readable"),
        (HttpFault.garbage("{"), "Slack's answer is not readable"),
        (HttpFault.garbage("null"), "Slack's answer is not readable"),
        (HttpFault.garbage("[1]"), "Slack's answer is not readable"),
        (HttpFault.garbage("[" * 100_000), "Slack's answer is not readable"),
        (HttpFault.garbage('{"ok": true}'), "Slack's answer is not readable"),
        (HttpFault.garbage('{"ok": false, "error": 5}'), "Slack's answer is not readable"),
    ],
)
async def test_after_a_transient_failure_the_message_may_have_arrived(
    slack_api: LocalSlack, failed_by: Failed, fault: HttpFault, reason: str
) -> None:
    error = await failed_by(fault)
    assert error.reason.startswith(reason)
    assert (error.retry, error.uses_attempt, error.after, error.maybe_delivered) == (
        True,
        True,
        None,
        True,
    )
    assert len(slack_api.calls("chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("body", "kind"), [*NOT_SLACKS, ('{"ok": false, "error": "fatal_error"}', "application/json")]
)
async def test_429_is_a_rate_limit_whatever_the_body_says(
    failed_by: Failed, body: str, kind: str
) -> None:
    error = await failed_by(HttpFault(429, body, kind, retry_after="7"))
    assert (error.after, error.uses_attempt, error.maybe_delivered) == (
        timedelta(seconds=7),
        False,
        False,
    )


@pytest.mark.parametrize("body", NOT_SLACKS)
async def test_a_404_that_is_not_slacks_means_a_wrong_api_url(
    failed_by: Failed, body: tuple[str, str]
) -> None:
    error = await failed_by(HttpFault.status(404, *body))
    assert error.reason == "HTTP 404: this is not Slack's API; check SLACK_API_URL"
    assert (error.retry, error.maybe_delivered) == (False, False)


@pytest.mark.parametrize(
    "name", ["external_channel_migrating", "fetch_members_failed", "message_limit_exceeded"]
)
async def test_a_transient_refusal_is_retried_and_has_posted_nothing(
    failed_by: Failed, name: str
) -> None:
    error = await failed_by(HttpFault.error(name))
    assert error.reason == f"{name}: Slack cannot post to C0RECRUIT at the moment"
    assert (error.retry, error.uses_attempt, error.maybe_delivered) == (True, True, False)


async def test_a_call_that_times_out_may_have_posted(
    slack_api: LocalSlack, sender_to: MakeSender, make_message: MakeMessage
) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.hang(accepted=True)])
    error = await failure(sender_to(slack_api.url), make_message("C0RECRUIT"))
    assert error.reason == "Slack did not answer in time"
    assert (error.retry, error.maybe_delivered) == (True, True)


async def test_a_slack_that_cannot_be_reached_has_posted_nothing(
    sender_to: MakeSender, make_message: MakeMessage
) -> None:
    unreachable = sender_to(f"http://127.0.0.1:{free_port()}/api/")
    error = await failure(unreachable, make_message("C0RECRUIT"))
    assert error.reason == "Slack cannot be reached (ClientConnectorError)"
    assert (error.retry, error.maybe_delivered) == (True, False)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (
            HttpFault.error("channel_not_found"),
            "channel_not_found: no channel C0RECRUIT that this bot can see; check SLACK_CHANNEL",
        ),
        (HttpFault.error("restricted_action"), "restricted_action: the workspace's rules forbid"),
        (
            HttpFault.error("restricted_action_read_only_channel"),
            "restricted_action_read_only_channel: the workspace's rules forbid",
        ),
        (HttpFault.error("accesslimited"), "accesslimited: the workspace's rules forbid"),
        (HttpFault.error("restricted_action", 403), "restricted_action: the workspace's rules"),
        (
            HttpFault.error("invalid_blocks"),
            "invalid_blocks: Slack refuses what the template makes",
        ),
        (HttpFault.error("missing_scope"), "missing_scope: the bot lacks the scope that it needs;"),
        (HttpFault.error("as_user_not_supported"), "as_user_not_supported: Slack refuses the call"),
        (HttpFault.error("channel_not_found", 404), "channel_not_found: no channel C0RECRUIT"),
        (HttpFault.error("a<b>c;" + "d" * 200), "abc" + "d" * 97 + ": Slack refuses the call"),
    ],
)
async def test_a_permanent_error_is_not_retried(
    failed_by: Failed, fault: HttpFault, reason: str
) -> None:
    error = await failed_by(fault)
    assert error.reason.startswith(reason)
    assert (error.retry, error.maybe_delivered) == (False, False)


async def test_a_channel_without_the_bot_is_named(
    slack_api: LocalSlack, sender: SlackSender, make_message: MakeMessage
) -> None:
    slack_api.workspace.add(Conversation("C0OTHER", "other", is_member=False))
    error = await failure(sender, make_message("C0OTHER"))
    assert error.reason == "not_in_channel: the bot is not in C0OTHER; invite it there"


async def test_a_token_that_slack_refuses_is_permanent(
    slack_api: LocalSlack, sender_to: Callable[..., SlackSender], make_message: MakeMessage
) -> None:
    stranger = sender_to(slack_api.url, "xoxb-wrong")
    error = await failure(stranger, make_message("C0RECRUIT"))
    assert error.retry is False
    assert error.reason == (
        "invalid_auth: Slack does not take SLACK_BOT_TOKEN; copy it again from the app's page"
    )


async def test_an_unknown_user_is_permanent(sender: SlackSender, make_message: MakeMessage) -> None:
    error = await failure(sender, make_message("U0NOBODY"))
    assert error.reason == "user_not_found: no user U0NOBODY in this workspace"


async def test_no_message_is_logged_even_at_debug(
    sender: SlackSender, make_message: MakeMessage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await sender.send(make_message("C0RECRUIT"), check_lease)
    assert "1,204" not in caplog.text
    assert TOKEN not in caplog.text
