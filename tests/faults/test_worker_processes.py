"""Worker processes that are killed while they deliver, or stopped while jobs are queued."""

import asyncio
import signal
import time

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault, SmtpFault
from bot.model import DeliveryState, Transport
from bot.store.queue import JOB_KEY, LEASES, QUEUE, RUNNING
from tests.app import envelope
from tests.faults.deployment import Deployment, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import RECOVERY_SECONDS, Tally, longest_lease
from tests.polling import HANG_TIMEOUT
from tests.run_jobs import unfinished
from tests.store.taken import queued
from tests.stored_events import deliveries_of, is_to

POST = "chat.postMessage"
_STOP_TIMEOUT = 25


async def receive(web: Web, event_ids: list[str]) -> None:
    juicebox = Juicebox(lambda: web)
    for event_id in event_ids:
        await juicebox.send(envelope(event_id))


async def kill_while_delivering(deployment: Deployment, event_ids: list[str]) -> float:
    """Kill a worker after Slack and the mail server have received everything; return seconds to recover."""
    count = len(event_ids)
    async with deployment.web() as web:
        async with deployment.worker(SMTP_CONNECTIONS=str(count)) as first:
            await receive(web, event_ids)
            await deployment.slack.wait_for_calls(POST, count)
            await deployment.inbox.wait_for(count)
            first.process.kill()
            await first.process.wait()
        killed_at = time.monotonic()
        assert await longest_lease(deployment.store.redis) < RECOVERY_SECONDS
        async with deployment.worker(SMTP_CONNECTIONS=str(count)):
            await deployment.settled(event_ids)
    return time.monotonic() - killed_at


@pytest.mark.case(15)
async def test_a_message_whose_sender_was_killed_is_found_in_the_channel_and_not_posted_again(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    """Slack does not reply after it has accepted the message."""
    events = [f"evt_{n}" for n in range(15 if whole else 3)]
    slack = deployment.slack
    slack.plan_faults(POST, [HttpFault.hang(accepted=True)] * len(events))
    tally.recovered(await kill_while_delivering(deployment, events))
    await tally.audit(deployment, events, runs=len(events))
    assert tally.seconds <= RECOVERY_SECONDS or not whole
    assert len(slack.calls(POST)) == len(events)
    receipts = {post.delivery_id: f"{post.channel}/{post.ts}" for post in slack.posts}
    deliveries = await deliveries_of(deployment.store, *events)
    assert receipts == {d.id: d.receipt for d in deliveries if is_to(d, Transport.SLACK)}


@pytest.mark.case(16)
async def test_a_mail_whose_sender_was_killed_comes_again_under_its_message_id(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    """The mail server does not reply after it has accepted the mail.

    Ten mails at most: a worker has no more connections.
    """
    events = [f"evt_{n}" for n in range(10 if whole else 3)]
    inbox = deployment.inbox
    inbox.plan_faults("DATA", [SmtpFault.hang(kept=True)] * len(events))
    tally.recovered(await kill_while_delivering(deployment, events))
    await tally.audit(deployment, events, runs=len(events))
    assert tally.seconds <= RECOVERY_SECONDS or not whole
    ids = [str(mail.message["Message-ID"]) for mail in inbox.mails]
    assert sorted(ids) == sorted([*{*ids}] * 2)
    assert tally.ambiguous == len(events)
    assert len(deployment.slack.calls(POST)) == len(events)


async def orphans(redis: Redis) -> list[str]:
    """Return leases of no running job, and jobs that are not in the queue, the index and stored."""
    leased = {*await redis.zrange(RUNNING, 0, -1), *await redis.hkeys(LEASES)}
    keys = [key.decode() async for key in redis.scan_iter(f"{JOB_KEY}*", count=1_000)]
    blobs = {key.removeprefix(JOB_KEY) for key in keys}
    waiting = await queued(redis)
    jobs = await unfinished(redis)
    return [*(job.decode() for job in leased), *((waiting ^ blobs) | (waiting ^ jobs))]


@pytest.mark.case(21)
async def test_sigterm_under_queued_jobs_leaves_nothing_half_done_and_nothing_behind(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    """Each worker is stopped while it works, and the next one continues; the last one empties the queue."""
    count, times = (1_500, 15) if whole else (300, 2)
    events = [f"evt_{n}" for n in range(count)]
    store, slack = deployment.store, deployment.slack
    async with deployment.web() as web:
        senders = [receive(web, events[n::20]) for n in range(20)]
        await asyncio.gather(*senders)
    for _ in range(times):
        async with deployment.worker() as worker:
            await slack.wait_for(len(slack.posts) + 20)
            told_at = time.monotonic()
            worker.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(HANG_TIMEOUT):
                assert await worker.process.wait() == 0, worker.log()
            tally.recovered(time.monotonic() - told_at)
        assert await orphans(store.redis) == []
        states = {delivery.state for delivery in await deliveries_of(store, *events)}
        assert DeliveryState.SENDING not in states
        assert await store.redis.zcard(QUEUE) > 0, (
            "the worker was stopped too late: the queue is empty"
        )
    async with deployment.worker():
        await deployment.settled(events, seconds=600)
    assert tally.seconds <= _STOP_TIMEOUT or not whole
    await tally.audit(deployment, events, runs=times)
    assert await orphans(store.redis) == []
