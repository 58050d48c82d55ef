"""Quiet hours and mutes: what comes meanwhile goes out once, in one message, when they end."""

from dataclasses import replace
from datetime import time

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import Audience, DeliveryState, Destination, EventState
from bot.model.schedule import QuietHours
from bot.model.subscription import Place, Subscription
from bot.store import keys
from bot.store.commit import DONE
from bot.store.queue import JOBS, QUEUE, JobId, Task
from bot.store.stored_event import awaited_jobs
from bot.worker.jobs import WorkerTasks
from tests.factories import MAIL, NOW, SLACK, make_event, seconds
from tests.run_jobs import event_job, run_all, run_job, unfinished
from tests.stored_events import accept, deliveries_of, read, steps_of
from tests.worker.quiet_hours import MORNING, QUIET, SEND_WAITING, at, choose, handle, search

POST = "chat.postMessage"
EXPORT = {
    "exportId": "exp_1",
    "downloadUrl": "https://exports.example.com/exp_1.csv",
    "recordCount": 9,
}


async def test_it_is_held_until_the_quiet_hours_end(quiet: WorkerTasks, redis: Redis) -> None:
    await handle(quiet, search(1))
    [held] = await deliveries_of(quiet.store, "evt_1")
    assert (held.state, held.next_at, held.attempts) == (DeliveryState.HELD, MORNING, 0)
    assert (await steps_of(quiet.store))[-1] == "held"
    assert await unfinished(redis) == {str(SEND_WAITING)}
    assert awaited_jobs(await read(quiet.store)) == [SEND_WAITING]


async def test_the_job_is_due_when_the_quiet_hours_end(quiet: WorkerTasks, redis: Redis) -> None:
    before = await redis.time()
    await handle(quiet, search(1))
    [(_, due)] = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert 0 <= due / 1000 - before[0] - (MORNING - NOW).total_seconds() < 60


async def test_one_that_was_held_comes_as_itself(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1))
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    [sent] = await deliveries_of(quiet.store, "evt_1")
    assert post.delivery_id == sent.id
    assert "Search completed with 1,204 results" in post.text
    assert sent.state is DeliveryState.SENT
    assert (await unfinished(redis), await redis.zcard(keys.waiting(str(SLACK)))) == (set(), 0)


async def test_several_come_as_one_summary(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1), search(2, 0), make_event("evt_3", "export.ready", data=EXPORT))
    assert slack_api.posts == []
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    assert post.text == (
        "3 updates while it was quiet: Search completed: 1,204 candidates;"
        " Search completed: no candidates; Export ready: 9 records"
    )
    assert "<https://exports.example.com/exp_1.csv|Export ready: 9 records>" in str(post.blocks)
    deliveries = await deliveries_of(quiet.store, "evt_1", "evt_2", "evt_3")
    assert {d.state for d in deliveries} == {DeliveryState.SENT}
    assert {d.receipt for d in deliveries} == {f"{post.channel}/{post.ts}"}
    assert {d.message for d in deliveries} == {post.delivery_id}
    assert (await unfinished(redis), await redis.zcard(keys.waiting(str(SLACK)))) == (set(), 0)


async def test_a_run_before_the_end_sends_nothing(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1), search(2))
    assert await run_job(at(quiet, MORNING - seconds(20)), SEND_WAITING) is None
    assert slack_api.posts == []
    assert await unfinished(redis) == {str(SEND_WAITING)}


async def test_urgent_ones_pass(quiet: WorkerTasks, slack_api: LocalSlack) -> None:
    quiet.recipients.audiences[Audience.OPERATORS] = (SLACK,)  # type: ignore[index]  # a dict here
    rotated = make_event("evt_1", "key.rotated", data={"newKeyPrefix": "jb_live_7Qx2"})
    used_up = make_event("evt_2", "quota.warning", data={"usage": 100, "limit": 100})
    low = make_event("evt_3", "quota.warning", data={"usage": 84, "limit": 100})
    await handle(quiet, rotated, used_up, low)
    assert len(slack_api.posts) == 2
    assert [d.state for d in await deliveries_of(quiet.store, "evt_3")] == [DeliveryState.HELD]


async def test_a_delivery_that_is_retried_at_night_is_held(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await choose(quiet, Place())
    slack_api.plan_faults(POST, [HttpFault.error("external_channel_migrating")])
    await handle(quiet, search(1))
    await choose(quiet, QUIET)
    await run_all_but(at(quiet, NOW + seconds(60)), SEND_WAITING)
    [held] = await deliveries_of(quiet.store, "evt_1")
    assert held.state is DeliveryState.HELD
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    assert post.delivery_id == held.id


async def run_all_but(tasks: WorkerTasks, other: JobId) -> None:
    for raw in await tasks.store.redis.zrange(QUEUE, 0, -1):
        job = JobId.parse(raw.decode())
        if job != other:
            await run_job(tasks, job)


async def test_a_summary_that_fails_is_sent_later_with_the_same_deliveries(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await handle(quiet, search(1), search(2))
    slack_api.plan_faults(POST, [HttpFault.status(503)])
    morning = at(quiet, MORNING)
    await run_job(morning, SEND_WAITING)
    await choose(quiet, replace(QUIET, quiet=QuietHours(time(16), time(17))))
    await handle(morning, search(3))
    first = await deliveries_of(quiet.store, "evt_1", "evt_2")
    assert {d.state for d in first} == {DeliveryState.RETRYING}
    await run_job(at(quiet, MORNING + seconds(2)), SEND_WAITING)
    [post] = slack_api.posts
    assert post.text.startswith("2 updates while it was quiet")
    assert [d.state for d in await deliveries_of(quiet.store, "evt_3")] == [DeliveryState.HELD]


async def test_a_summary_that_was_interrupted_is_not_posted_twice(
    quiet: WorkerTasks, slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await handle(quiet, search(1), search(2))
    morning = at(quiet, MORNING)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(morning.summaries), "_settle", killed)
    with pytest.raises(KeyboardInterrupt):
        await run_job(morning, SEND_WAITING)
    monkeypatch.undo()
    states = {d.state for d in await deliveries_of(quiet.store, "evt_1", "evt_2")}
    assert states == {DeliveryState.SENDING}
    await accept(quiet.store, search(3))
    await run_job(at(quiet, NOW), event_job("evt_3"))
    await run_job(morning, SEND_WAITING)  # the run that was killed still has its lease
    await run_all(morning)
    summary, other = slack_api.posts
    assert summary.text.startswith("2 updates while it was quiet")
    assert "Search completed with" in other.text


async def test_a_summary_that_is_refused_makes_dead_letters(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1), search(2))
    slack_api.plan_faults(POST, [HttpFault.error("restricted_action")])
    await run_job(at(quiet, MORNING), SEND_WAITING)
    states = [d.state for d in await deliveries_of(quiet.store, "evt_1", "evt_2")]
    assert states == [DeliveryState.FAILED] * 2
    assert await redis.zcard(keys.waiting(str(SLACK))) == 0


async def test_what_was_unsubscribed_meanwhile_does_not_come(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await handle(quiet, search(1), make_event("evt_2", "export.ready", data=EXPORT))
    await choose(quiet, replace(QUIET, unsubscribed=("search.*",)))
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    assert "Export ready" in post.text
    assert [d.reason for d in await deliveries_of(quiet.store, "evt_1")] == ["unsubscribed"]


async def test_an_event_that_was_forgotten_meanwhile_is_not_in_the_summary(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await handle(quiet, search(1), search(2), search(3))
    await quiet.store.forgetting.forget_event("evt_2", NOW)
    assert (await read(quiet.store, "evt_2")).state is EventState.FORGOTTEN
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    assert post.text.startswith("2 updates while it was quiet")


async def test_what_redis_has_lost_is_found_again(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await handle(quiet, search(1), search(2))
    await redis.delete(keys.waiting(str(SLACK)), JOBS, QUEUE)
    await quiet.store.reconciliation.run(NOW)
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    assert post.text.startswith("2 updates while it was quiet")


async def test_an_end_that_is_moved_forward_counts(quiet: WorkerTasks, redis: Redis) -> None:
    """The job of the destination decides again whenever its choices change."""
    await handle(quiet, search(1))
    await choose(quiet, Place())
    [(_, due)] = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert due <= (await redis.time())[0] * 1000 + 1000


async def test_a_mail_is_held_too(quiet: WorkerTasks, inbox: Inbox) -> None:
    quiet.recipients.audiences[Audience.RECRUITERS] = (MAIL,)  # type: ignore[index]  # a dict here
    await choose(quiet, QUIET, MAIL)
    await handle(quiet, search(1), search(2))
    assert inbox.mails == []
    await run_all(at(quiet, MORNING))
    [mail] = inbox.mails
    assert mail.message["Subject"] == "2 updates while it was quiet"


async def test_a_job_of_an_unknown_destination_ends(quiet: WorkerTasks) -> None:
    assert await run_job(quiet, JobId(Task.DESTINATION, "pigeon:1")) == DONE


async def test_two_subscriptions_of_one_person_and_a_channel(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    person = Destination(SLACK.transport, "U0RECRUITER")
    rule = Subscription(("search.completed",), "U0RECRUITER", NOW)
    await choose(quiet, Place())
    await choose(quiet, Place(subscriptions=(rule, replace(rule, types=("*",)))), person)
    await handle(quiet, search(1))
    assert len(slack_api.posts) == 2
    by_setting, by_rule = await deliveries_of(quiet.store, "evt_1")
    assert (by_setting.rule, by_rule.destination) == ("", person)
    assert by_rule.rule.startswith("subscription:U0RECRUITER:")
