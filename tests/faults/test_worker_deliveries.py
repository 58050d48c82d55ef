"""Faults of Slack and of the mail server while a worker delivers."""

import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from bot.clock import utc_now
from bot.fakes.faults import HttpFault, SmtpFault
from bot.fakes.slack.api import Call
from bot.model import DeadLetter, Delivery, DeliveryState, Transport
from tests.app import Bot, MakeSettings, envelope, running_worker, web_client
from tests.faults.deployment import Deployment
from tests.faults.tally import Tally
from tests.processes import running
from tests.stored_events import deliveries_of, is_to

POST = "chat.postMessage"


@dataclass(frozen=True)
class Delivering:
    """A deployment whose web application and worker run in the test's own loop."""

    deployment: Deployment
    bot: Bot

    async def receive(self, event_ids: Sequence[str]) -> None:
        answers = [(await self.bot.receive(envelope(e))).status_code for e in event_ids]
        assert answers == [200] * len(event_ids)

    async def slack_delivery(self, event_id: str) -> Delivery:
        deliveries = await deliveries_of(self.deployment.store, event_id)
        return next(d for d in deliveries if is_to(d, Transport.SLACK))


@pytest.fixture
async def delivering(
    deployment: Deployment, make_settings: MakeSettings
) -> AsyncIterator[Delivering]:
    names = ("REDIS_URL", "SLACK_API_URL", "SMTP_URL")
    settings = make_settings(**{name: deployment.env[name] for name in names})
    async with web_client(settings) as client, running_worker(settings) as jobs:
        yield Delivering(deployment, Bot(client, jobs, deployment.slack, deployment.inbox))


async def retry_by_hand(deployment: Deployment, subject_id: str) -> None:
    """Run the command `retry`, and wait until the event is settled."""
    retry = [sys.executable, "-m", "bot", "retry", subject_id]
    async with running(retry, deployment.env) as by_hand:
        assert await by_hand.wait() == 0
    await deployment.settled(["evt_1"])


def gaps(calls: Iterable[Call]) -> list[float]:
    """Return the seconds between consecutive calls."""
    return [later.at - earlier.at for earlier, later in pairwise(calls)]


@pytest.mark.case(17)
async def test_a_message_that_slack_accepted_without_replying_is_found_and_not_posted_again(
    delivering: Delivering,
    tally: Tally,
    whole: bool,
) -> None:
    """The next attempt finds the message by its metadata."""
    slack = delivering.deployment.slack
    events = [f"evt_{n}" for n in range(15 if whole else 3)]
    slack.plan_faults(POST, [HttpFault.lost_reply()] * len(events))
    await delivering.receive(events)
    await delivering.deployment.settled(events)
    await tally.audit(delivering.deployment, events, runs=len(events))
    assert len(slack.calls(POST)) == len(slack.posts) == len(events)
    for event_id in events:
        delivery = await delivering.slack_delivery(event_id)
        receipts = [f"{p.channel}/{p.ts}" for p in slack.posts if p.delivery_id == delivery.id]
        assert [delivery.receipt] == receipts


@pytest.mark.case(17)
@pytest.mark.parametrize("code", [408, 403, 421, 425, 460, 302])
async def test_a_message_that_was_posted_before_a_proxy_refused_it_is_posted_once(
    delivering: Delivering, tally: Tally, code: int
) -> None:
    """Slack's load balancer answers after Slack has posted; `retry` does not post again either."""
    deployment = delivering.deployment
    deployment.slack.plan_faults(POST, [HttpFault(code, "<html>", "text/html", accepted=True)])
    await delivering.receive(["evt_1"])
    await deployment.settled(["evt_1"])
    await retry_by_hand(deployment, "evt_1")
    await tally.audit(deployment, ["evt_1"])
    assert (await delivering.slack_delivery("evt_1")).state is DeliveryState.SENT
    assert [post.channel for post in deployment.slack.posts] == ["C0RECRUIT"]


@pytest.mark.case(17)
async def test_a_retry_by_hand_looks_for_a_message_that_may_have_arrived(
    delivering: Delivering, tally: Tally
) -> None:
    deployment = delivering.deployment
    deployment.slack.plan_faults(POST, [HttpFault(408, "<html>", "text/html", accepted=True)])
    deployment.slack.plan_faults("conversations.history", [HttpFault.error("missing_scope")])
    await delivering.receive(["evt_1"])
    await deployment.settled(["evt_1"])
    dead = await delivering.slack_delivery("evt_1")
    assert (dead.state, dead.maybe_delivered) == (DeliveryState.FAILED, True)
    await retry_by_hand(deployment, dead.id)
    await tally.audit(deployment, ["evt_1"])
    assert (await delivering.slack_delivery("evt_1")).state is DeliveryState.SENT
    assert [post.channel for post in deployment.slack.posts] == ["C0RECRUIT", "C0ALERTS"]


@pytest.mark.case(17)
async def test_a_mail_that_was_accepted_without_a_reply_is_repeated_under_its_message_id(
    delivering: Delivering, tally: Tally
) -> None:
    """A sender cannot check whether a mail arrived."""
    inbox = delivering.deployment.inbox
    inbox.plan_faults("DATA", [SmtpFault.lost_reply()])
    await delivering.receive(["evt_1"])
    await delivering.deployment.settled(["evt_1"])
    await tally.audit(delivering.deployment, ["evt_1"])
    first, second = inbox.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert tally.ambiguous == 1
    assert len(delivering.deployment.slack.calls(POST)) == 1


@pytest.mark.case(18)
async def test_retry_after_is_respected_and_uses_no_attempt(
    delivering: Delivering, tally: Tally
) -> None:
    slack = delivering.deployment.slack
    slack.plan_faults(POST, [HttpFault.rate_limited(7)])
    await delivering.receive(["evt_1"])
    [refused] = await slack.wait_for_calls(POST, 1)
    await delivering.receive(["evt_2"])
    await delivering.deployment.settled(["evt_1", "evt_2"])
    await tally.audit(delivering.deployment, ["evt_1", "evt_2"])
    _, *later = slack.calls(POST)
    assert [call.at - refused.at >= 7.0 for call in later] == [True, True]
    for event_id in ("evt_1", "evt_2"):
        assert (await delivering.slack_delivery(event_id)).attempts == 1


@pytest.mark.case(18)
async def test_a_backlog_under_a_rate_limit_arrives_once(
    delivering: Delivering, tally: Tally
) -> None:
    """`test_machine_paced.py` counts the calls, independent of the speed of the machine."""
    slack = delivering.deployment.slack
    slack.messages_per_second = 1
    events = [f"evt_{n}" for n in range(6)]
    await delivering.receive(events)
    await delivering.deployment.settled(events)
    await tally.audit(delivering.deployment, events)
    assert len(slack.posts) == len(events)


@pytest.mark.case(19)
async def test_500_500_ok_from_slack_are_calls_at_0_1_and_3_seconds(
    delivering: Delivering, tally: Tally
) -> None:
    slack = delivering.deployment.slack
    slack.plan_faults(POST, [HttpFault.status(500), HttpFault.status(500)])
    await delivering.receive(["evt_1"])
    await delivering.deployment.settled(["evt_1"])
    await tally.audit(delivering.deployment, ["evt_1"])
    first, second = gaps(slack.calls(POST))
    assert first >= 1.0
    assert second >= 2.0


@pytest.mark.case(19)
async def test_a_failing_mailbox_never_reposts_to_slack(
    delivering: Delivering, tally: Tally
) -> None:
    slack, inbox = delivering.deployment.slack, delivering.deployment.inbox
    inbox.plan_faults("RCPT", [SmtpFault.reply_with(451), SmtpFault.reply_with(451)])
    await delivering.receive(["evt_1"])
    await delivering.deployment.settled(["evt_1"])
    await tally.audit(delivering.deployment, ["evt_1"])
    assert inbox.commands.count("RCPT") == 3
    assert len(slack.calls(POST)) == 1


@pytest.mark.case(20)
async def test_a_permanent_failure_is_one_call_one_dead_letter_and_one_notice_until_retried_by_hand(
    delivering: Delivering, tally: Tally
) -> None:
    deployment = delivering.deployment
    slack, inbox, store = deployment.slack, deployment.inbox, deployment.store
    slack.plan_faults(POST, [HttpFault.error("channel_not_found")])
    await delivering.receive(["evt_1"])
    await deployment.settled(["evt_1"])
    await tally.audit(deployment, ["evt_1"])
    assert [call.arguments["channel"] for call in slack.calls(POST)] == ["C0RECRUIT", "C0ALERTS"]
    dead = await delivering.slack_delivery("evt_1")
    assert await store.dead_letters(utc_now()) == [DeadLetter("evt_1", dead.id)]
    notified = sorted(mail.recipients[0] for mail in inbox.mails)
    assert notified == ["operator@example.com", "recruiter@example.com"]

    for _ in range(2):
        await retry_by_hand(deployment, "evt_1")
    await tally.audit(deployment, ["evt_1"])
    assert (await delivering.slack_delivery("evt_1")).state is DeliveryState.SENT
    assert [post.channel for post in slack.posts] == ["C0ALERTS", "C0RECRUIT"]
    assert await store.dead_letters(utc_now()) == []
