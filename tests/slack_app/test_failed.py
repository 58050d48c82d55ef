"""`/juicebox failed` and `retry`: what could not be sent, in words, and sending it again."""

from dataclasses import replace

import httpx
import pytest
import structlog
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import DeliveryState, EventState, Transport
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.grammar import parse
from bot.slack_app.operating import operating_commands
from bot.store import Store
from bot.worker.jobs import WorkerTasks
from tests.factories import MAIL, NOW, SLACK, make_event, seconds
from tests.run_jobs import run_all
from tests.slack_app.asking import OPERATOR, lines
from tests.slack_app.conftest import Come
from tests.slack_app.stored import AT_14_30, SEARCH, open_to, settle
from tests.stored_events import accept, dead_letter, deliveries_of, is_to, read, rewrite

SUMMARY = "*Search completed with 1,204 results: “rust engineer”*"
NOT_IN_CHANNEL = "I am not in that channel: `/invite @Juicebox` lets me in"
RETRY_ALL_HINT = (
    "When the reason is gone, `/juicebox retry all` sends all of them again. What has arrived is never"
    " sent twice."
)
POST = "chat.postMessage"
REFUSED = HttpFault.error("not_in_channel")
FOUND = make_event(data=SEARCH)


async def test_nothing_has_failed(http: httpx.AsyncClient) -> None:
    assert await lines(http, "failed") == ["✅ Nothing has failed."]
    assert await lines(http, "retry all") == [
        "✅ Nothing has failed, so there is nothing to retry."
    ]


async def test_each_failure_says_what_where_why_when_and_what_to_type(
    http: httpx.AsyncClient, store: Store
) -> None:
    slack, mail = await open_to(store, "evt_1", SLACK, MAIL)
    await settle(store, slack, "failed", "not_in_channel: the bot is not in C0RECRUIT")
    await settle(store, mail, "failed", "SMTP 550 5.1.1 no such mailbox")
    await accept(store, "evt_2", NOW + seconds(1))
    await dead_letter(store, "evt_2", "searchId is missing", now=NOW + seconds(1))
    assert await lines(http, "failed", channel_id="C0ALERTS") == [
        "3 messages could not be sent",
        "*Search completed (searchId srch_1, resultCount 1204)*",
        AT_14_30.replace("1768487400", "1768487401"),
        "❌ what Juicebox sent could not be understood: `searchId is missing`",
        "`/juicebox retry evt_2`",
        *sorted_by_id(
            [
                SUMMARY,
                f"To <#C0RECRUIT> · {AT_14_30}",
                f"❌ {NOT_IN_CHANNEL}: `not_in_channel: the bot is not in C0RECRUIT`",
                f"`/juicebox retry {slack.id}`",
            ],
            [
                SUMMARY,
                f"To recruiter@example.com · {AT_14_30}",
                "❌ the mail server refused it: `SMTP 550 5.1.1 no such mailbox`",
                f"`/juicebox retry {mail.id}`",
            ],
        ),
        RETRY_ALL_HINT,
    ]


def sorted_by_id(*failures: list[str]) -> list[str]:
    """Return the lines of failures of the same moment, in the order in which Redis has them."""
    ordered = sorted(failures, key=lambda found: found[-1], reverse=True)
    return [line for found in ordered for line in found]


async def test_ten_are_listed_and_the_rest_is_counted(
    http: httpx.AsyncClient, store: Store, redis: Redis
) -> None:
    for n in range(12):
        await accept(store, f"evt_{n}", NOW + seconds(n))
        await dead_letter(store, f"evt_{n}", "<!channel>" * 50, now=NOW + seconds(n))
    await rewrite(redis, "event", "evt_11", state="?")
    found = await lines(http, "failed")
    assert found[:3] == [
        "12 messages could not be sent",
        "*It can't be read any more*",
        "`/juicebox retry evt_11`",
    ]
    assert "+2 older ones" in found
    assert "<!channel>" not in "".join(found)


@pytest.mark.parametrize("command", ["failed", "retry evt_1", "retry all"])
async def test_guests_may_not(
    http: httpx.AsyncClient, store: Store, slack_api: LocalSlack, command: str
) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(is_guest=True)
    await accept(store)
    await dead_letter(store)
    [line] = await lines(http, command)
    assert line.startswith("That is for the people who look after me")
    assert (await read(store)).state is EventState.DEAD


async def test_with_admins_set_only_they_may(context: AppContext) -> None:
    commands = operating_commands(replace(context, admins=frozenset({OPERATOR})))
    for user, text in (
        ("U0RECRUITER", "That is for the people who look after me"),
        (OPERATOR, "Nothing has failed"),
    ):
        answer = await commands["failed"](parse("failed", {}), Asker(user, "C0RECRUIT"))
        assert answer.message.text.startswith(text)


async def test_a_delivery_is_sent_again(
    http: httpx.AsyncClient, tasks: WorkerTasks, slack_api: LocalSlack, come: Come
) -> None:
    slack_api.plan_faults(POST, [REFUSED])
    await come(FOUND)
    [slack, _] = await deliveries_of(tasks.store, "evt_1")
    with structlog.testing.capture_logs() as logs:
        found = await lines(http, f"retry {slack.id}")
    assert found == [
        SUMMARY,
        "🔁 It is being sent again to <#C0RECRUIT>.",
        "How it goes: `/juicebox status evt_1`",
    ]
    assert {"event": "retried by hand", "event_id": "evt_1", "by": "U0RECRUITER"}.items() <= next(
        line.items() for line in logs if line["event"] == "retried by hand"
    )
    await run_all(tasks)
    assert [post.channel for post in slack_api.posts] == ["C0RECRUIT"]


async def test_a_dead_event_is_read_again(http: httpx.AsyncClient, store: Store) -> None:
    await accept(store)
    await dead_letter(store)
    assert "🔁 I am processing it again." in await lines(http, "retry evt_1")
    assert (await read(store)).state is EventState.ACCEPTED
    assert "⏳ There is nothing to retry: it is on its way." in await lines(http, "retry evt_1")


async def test_what_was_sent_is_not_sent_again(
    http: httpx.AsyncClient, tasks: WorkerTasks, slack_api: LocalSlack, come: Come
) -> None:
    await come(FOUND)
    nothing = "✅ There is nothing to retry: nothing about it has failed."
    assert nothing in await lines(http, "retry evt_1")
    await run_all(tasks)
    assert len(slack_api.posts) == 1


async def test_an_unreadable_event_is_reported(
    http: httpx.AsyncClient, store: Store, redis: Redis
) -> None:
    await accept(store)
    await rewrite(redis, "event", state="?")
    [line] = await lines(http, "retry evt_1")
    assert "can't be read" in line


async def test_a_retry_sends_no_stale_alarm(
    http: httpx.AsyncClient, tasks: WorkerTasks, slack_api: LocalSlack, come: Come
) -> None:
    """The message and the notice of its failure have both failed; the message goes through first."""
    slack_api.plan_faults(POST, [REFUSED, REFUSED])
    await come(FOUND)
    await run_all(tasks)
    await lines(http, "retry evt_1")
    await run_all(tasks)
    assert [post.channel for post in slack_api.posts] == ["C0RECRUIT"]
    found = await deliveries_of(tasks.store, "evt_1")
    [message, notice] = [d for d in found if is_to(d, Transport.SLACK)]
    assert (message.state, notice.state) == (DeliveryState.SENT, DeliveryState.SKIPPED)
    assert notice.reason.startswith("resolved:")
