"""Redis is down, stopped or cut off when an event arrives: a 503 in time, and handled once."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from bot.intake.webhook import STORE_TIMEOUT
from bot.store.scripts import LuaScript
from bot.web import REDIS_TIMEOUT
from tests.app import envelope
from tests.faults.deployment import Deployment, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import until
from tests.stored_events import steps_of

RESPONSE_TIMEOUT = timedelta(seconds=2)
"""Measured with `--whole`, when nothing else uses the machine."""
Break = Callable[[Deployment], None]


def cut(deployment: Deployment) -> None:
    deployment.proxy.cut()


def stall(deployment: Deployment) -> None:
    deployment.proxy.stall()


def kill(deployment: Deployment) -> None:
    deployment.redis.stop()


def stop(deployment: Deployment) -> None:
    assert deployment.redis.process is not None
    os.kill(deployment.redis.process.pid, signal.SIGSTOP)


def accepting() -> bytes:
    """Return the bytes that mark a request to store an event, on its way to Redis."""
    return LuaScript("accept").sha.encode()


@contextmanager
def broken(deployment: Deployment, how: Break) -> Iterator[None]:
    """Make Redis unavailable for as long as the block lasts."""
    how(deployment)
    try:
        yield
    finally:
        if deployment.redis.process is None:
            deployment.redis.start()
        os.kill(deployment.redis.process.pid, signal.SIGCONT)  # type: ignore[union-attr]  # it was started above
        deployment.proxy.clear_faults()


async def is_refused(web: Web, body: bytes) -> float:
    """Check that it is refused while Redis is unavailable; return how many seconds that took."""
    asked_at = time.monotonic()
    answer = await web.receive(body)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json() == {"error": "it could not be stored: send it again"}
    return time.monotonic() - asked_at


async def check_an_outage(deployment: Deployment, tally: Tally, how: Break, *, whole: bool) -> None:
    """Send an event before the outage, others during it, and those again after it."""
    async with deployment.web() as web, deployment.worker():
        juicebox = Juicebox(lambda: web)
        for number in range(5 if whole else 1):
            before, meanwhile = f"evt_before_{number}", f"evt_meanwhile_{number}"
            await juicebox.send(envelope(before))
            body = envelope(meanwhile)
            with broken(deployment, how):
                took = [await is_refused(web, body) for _ in range(2)]
            assert max(took) < RESPONSE_TIMEOUT.total_seconds() or not whole
            back_at = time.monotonic()
            await juicebox.send(body)
            await deployment.settled([before, meanwhile])
            tally.recovered(time.monotonic() - back_at)
            await tally.audit(deployment, [before, meanwhile])


@pytest.mark.case(10)
@pytest.mark.parametrize("how", [cut, kill])
async def test_while_redis_is_down_an_event_is_refused_in_time_and_accepted_later(
    deployment: Deployment, tally: Tally, how: Break, whole: bool
) -> None:
    await check_an_outage(deployment, tally, how, whole=whole)


@pytest.mark.case(11)
@pytest.mark.parametrize("how", [stop, stall])
async def test_while_redis_hangs_an_event_is_refused_in_time_and_accepted_later(
    deployment: Deployment, tally: Tally, how: Break, whole: bool
) -> None:
    """Redis runs the commands of that time when it continues; the redelivery changes nothing."""
    await check_an_outage(deployment, tally, how, whole=whole)


@pytest.mark.case(11)
def test_the_timeouts_for_redis_are_shorter_than_a_senders(tally: Tally) -> None:
    assert max(STORE_TIMEOUT, REDIS_TIMEOUT) < RESPONSE_TIMEOUT
    tally.run()


@pytest.mark.case(12)
@pytest.mark.parametrize(("lost", "status"), [(1, 200), (2, 503)])
async def test_an_event_whose_reply_from_redis_was_lost_is_stored_once(
    deployment: Deployment, tally: Tally, lost: int, status: int, whole: bool
) -> None:
    """A dead connection is replaced once; if the new one dies too, the sender has to try again."""
    async with deployment.web() as web, deployment.worker():
        assert (await web.receive(envelope("evt_first"))).status_code == 200
        events = [f"evt_{number}" for number in range(10 if whole else 2)]
        for event_id in events:
            body = envelope(event_id)
            deployment.proxy.lose_replies(to=accepting(), times=lost)
            assert (await web.receive(body)).status_code == status
            assert deployment.proxy.lost == 0
            assert await deployment.store.events.get(event_id) is not None
            assert (await web.receive(body)).status_code == 200
            await deployment.settled([event_id])
            steps = await steps_of(deployment.store, event_id)
            assert (steps.count("received"), steps.count("handled")) == (1, 1)
        await tally.audit(deployment, events, runs=len(events))


@pytest.mark.case(13)
async def test_web_killed_between_commit_and_response(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    """The sender gets no response and tries again, with another web process."""
    async with deployment.worker():
        for number in range(5 if whole else 1):
            event_id = f"evt_{number}"
            body = envelope(event_id)
            async with deployment.web() as web:
                assert (await web.receive(envelope("evt_first"))).status_code == 200
                await _kill_web_before_the_response(deployment, web, event_id, body)
            async with deployment.web() as web:
                assert (await web.receive(body)).status_code == 200
                await deployment.settled([event_id])
            await tally.audit(deployment, [event_id])


async def _kill_web_before_the_response(
    deployment: Deployment, web: Web, event_id: str, body: bytes
) -> None:
    deployment.proxy.hold_replies(to=accepting())
    sending = asyncio.create_task(web.receive(body))

    async def is_stored() -> bool:
        return await deployment.store.events.get(event_id) is not None

    await until(is_stored)
    web.process.kill()
    with pytest.raises(httpx.TransportError):
        await sending
    deployment.proxy.clear_faults()
