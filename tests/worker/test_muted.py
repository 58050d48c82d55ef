"""What a mute keeps back is counted, and told in one line when it ends."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.model import DeliveryState
from bot.model.subscription import Mute, Place
from bot.store import keys
from bot.store.queue import QUEUE, JobId
from bot.worker.jobs import WorkerTasks
from tests.factories import NOW, SLACK, make_event
from tests.run_jobs import run_all, run_job, unfinished
from tests.stored_events import deliveries_of
from tests.worker.quiet_hours import MORNING, QUIET, SEND_WAITING, at, choose, handle, search

EXPORT = {
    "exportId": "exp_1",
    "downloadUrl": "https://exports.example.com/exp_1.csv",
    "recordCount": 9,
}


MUTED = Place(mutes=(Mute(NOW, MORNING, "U1"),))


async def test_what_is_muted_is_skipped_and_counted_in_one_line(
    quiet: WorkerTasks, slack_api: LocalSlack, redis: Redis
) -> None:
    await choose(quiet, MUTED)
    await handle(quiet, search(1), search(2), make_event("evt_3", "export.ready", data=EXPORT))
    deliveries = await deliveries_of(quiet.store, "evt_1", "evt_2", "evt_3")
    assert {(d.state, d.reason) for d in deliveries} == {
        (DeliveryState.SKIPPED, "muted until 2026-01-15 16:00 UTC")
    }
    await run_all(at(quiet, MORNING))
    [post] = slack_api.posts
    assert post.text == "3 messages missed while muted"
    assert "Search completed (2), Export ready (1)" in str(post.blocks)
    assert {d.state for d in await deliveries_of(quiet.store, "evt_1")} == {DeliveryState.SKIPPED}
    assert (await unfinished(redis), await redis.zcard(keys.waiting(str(SLACK)))) == (set(), 0)


async def test_the_line_comes_once_even_if_its_worker_is_killed(
    quiet: WorkerTasks, slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await choose(quiet, MUTED)
    await handle(quiet, search(1))

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(quiet.summaries), "_settle", killed)
    with pytest.raises(KeyboardInterrupt):
        await run_job(at(quiet, MORNING), SEND_WAITING)
    monkeypatch.undo()
    await run_all(at(quiet, MORNING))
    assert len(slack_api.posts) == 1


async def test_unmuting_tells_what_was_missed_at_once(
    quiet: WorkerTasks, slack_api: LocalSlack
) -> None:
    await choose(quiet, MUTED)
    await handle(quiet, search(1))
    await choose(quiet, Place())
    await run_all(quiet)
    assert [post.text for post in slack_api.posts] == ["1 message missed while muted"]


async def test_a_mute_without_an_end_needs_no_job(
    quiet: WorkerTasks, redis: Redis, slack_api: LocalSlack
) -> None:
    await choose(quiet, Place(mutes=(Mute(NOW, None, "U1"),)))
    await handle(quiet, search(1))
    assert await unfinished(redis) == set()
    await choose(quiet, Place())
    await run_all(quiet)
    assert [post.text for post in slack_api.posts] == ["1 message missed while muted"]


async def test_what_was_missed_does_not_keep_back_what_is_held(
    quiet: WorkerTasks, monkeypatch: pytest.MonkeyPatch, slack_api: LocalSlack
) -> None:
    """There may be more than one run looks at."""
    mute = Mute(NOW, None, "U1", ("export.ready",))
    await choose(quiet, replace(QUIET, mutes=(mute,)))
    exports = [make_event(f"evt_x{i}", "export.ready", data=EXPORT) for i in range(3)]
    await handle(quiet, *exports, search(1))
    of = type(quiet.store.waiting).of
    monkeypatch.setattr(type(quiet.store.waiting), "of", lambda self, to: of(self, to, 2))
    await run_job(at(quiet, MORNING), SEND_WAITING)
    await run_all_due(at(quiet, MORNING))
    assert [post.text for post in slack_api.posts] == ["Search completed with 1,204 results"]


async def run_all_due(tasks: WorkerTasks) -> None:
    for raw in await tasks.store.redis.zrange(QUEUE, 0, -1):
        await run_job(tasks, JobId.parse(raw.decode()))
