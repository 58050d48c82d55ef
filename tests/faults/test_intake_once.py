"""Duplicates, replays and a changing secret: an event is accepted once, or refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import utc_now
from bot.store.queue import QUEUE
from tests.app import SECRET, envelope, signed
from tests.fake_clock import needs_faketime, redis_with_clock, shifted_clock
from tests.faults.conftest import BASE
from tests.faults.deployment import Deployment, Web, deployed
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.stored_events import steps_of

RETENTION = timedelta(days=30)
NEW_SECRET = b"whsec_the_new_one"


def of_age(event_id: str, age: timedelta) -> bytes:
    content = json.loads(envelope(event_id))
    return json.dumps(content | {"timestamp": (utc_now() - age).isoformat()}).encode()


@pytest.mark.case(1)
async def test_500_identical_deliveries_at_once_are_one_job_and_one_message(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    events = [f"evt_{number}" for number in range(5 if whole else 1)]
    async with deployment.web() as web, deployment.worker():
        juicebox = Juicebox(lambda: web)
        for event_id in events:
            body = envelope(event_id)
            await asyncio.gather(*(juicebox.send(body) for _ in range(500)))
        await deployment.settled(events)
    assert set(juicebox.answers) <= {"200", "503"}
    for event_id in events:
        steps = await steps_of(deployment.store, event_id)
        assert (steps.count("received"), steps.count("handled")) == (1, 1)
    assert len(deployment.slack.calls("chat.postMessage")) == len(events)
    assert len(deployment.inbox.mails) == len(events)
    await tally.audit(deployment, events, runs=len(events))


async def is_duplicate(deployment: Deployment, web: Web, body: bytes) -> bool:
    """Send a duplicate; True if it gets the same response, and no job is enqueued."""
    answer = await web.receive(body)
    while answer.status_code == 503:  # Redis does not answer in time on a busy machine
        answer = await web.receive(body)
    queued = await deployment.store.redis.zcard(QUEUE)
    return answer.status_code == 200 and answer.json() == {"received": True} and not queued


@pytest.mark.case(2)
async def test_a_duplicate_after_completion_changes_nothing(
    deployment: Deployment, tally: Tally
) -> None:
    body = envelope("evt_1")
    async with deployment.web() as web, deployment.worker():
        await web.receive(body)
        await deployment.settled(["evt_1"])
        before = await steps_of(deployment.store, "evt_1")
        assert await is_duplicate(deployment, web, body)
    assert await steps_of(deployment.store, "evt_1") == before
    assert len(deployment.slack.posts) == 1
    await tally.audit(deployment, ["evt_1"])


@pytest.mark.case(2)
@needs_faketime
@pytest.mark.parametrize(
    "later", [timedelta(hours=1), RETENTION - timedelta(minutes=1)], ids=["hour", "retention"]
)
async def test_a_duplicate_much_later_changes_nothing(
    tally: Tally, later: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clocks of Redis, web and worker are moved forward together."""
    body = envelope("evt_1")
    with redis_with_clock(tmp_path, monkeypatch) as (server, clock):
        async with deployed(BASE, server=server) as deployment:
            async with deployment.web() as web, deployment.worker():
                await web.receive(body)
                await deployment.settled(["evt_1"])
            clock.move(later)
            moved = shifted_clock(later)
            async with deployment.web(**moved) as web, deployment.worker(**moved):
                assert await is_duplicate(deployment, web, body)
            await tally.audit(deployment, ["evt_1"])


@pytest.mark.case(3)
async def test_a_valid_event_older_than_retention_is_refused(
    deployment: Deployment, tally: Tally
) -> None:
    async with deployment.web() as web:
        young = await web.receive(of_age("evt_young", RETENTION - timedelta(minutes=1)))
        old = await web.receive(of_age("evt_old", RETENTION + timedelta(seconds=1)))
    assert young.status_code == 200
    assert old.status_code == 400
    assert "older than events are kept" in old.json()["error"]
    assert await deployment.store.events.get("evt_old") is None
    tally.run(2)


@pytest.mark.case(6)
async def test_a_secret_is_changed_under_traffic_and_no_event_is_lost(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    """The bot gets both secrets, then Juicebox gets the new one, then the bot drops the old one."""
    old, new = SECRET.decode(), NEW_SECRET.decode()
    current: list[Web] = []
    juicebox = Juicebox(lambda: current[-1])
    events: list[str] = []

    @asynccontextmanager
    async def web_with(**secrets: str) -> AsyncIterator[None]:
        async with deployment.web(**secrets) as web:
            current.append(web)
            yield

    async def send_events() -> None:
        fresh = [f"evt_{len(events) + number}" for number in range(200 if whole else 40)]
        events.extend(fresh)
        await juicebox.send_all(envelope(event_id) for event_id in fresh)

    async with deployment.worker(), web_with(JUICEBOX_WEBHOOK_SECRET=old):
        await send_events()
        both = {"JUICEBOX_WEBHOOK_SECRET": new, "JUICEBOX_WEBHOOK_SECRET_PREVIOUS": old}
        traffic = asyncio.create_task(send_events())
        async with web_with(**both):
            await traffic
            late = envelope("evt_late")
            juicebox.secret = NEW_SECRET
            await send_events()
            assert (await current[-1].receive(late, signed(late))).status_code == 200
            traffic = asyncio.create_task(send_events())
            async with web_with(JUICEBOX_WEBHOOK_SECRET=new):
                await traffic
                await send_events()
                forged = envelope("evt_forged")
                assert (await current[-1].receive(forged, signed(forged))).status_code == 401
        await deployment.settled([*events, "evt_late"])
    assert set(juicebox.answers) <= {"200", "503"}
    assert await deployment.store.events.get("evt_forged") is None
    await tally.audit(deployment, [*events, "evt_late"])
