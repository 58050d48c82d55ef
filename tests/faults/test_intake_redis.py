"""Redis away, stopped or cut off just when an event comes in: a 503 in time, and processed once."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from bot import web as web_application
from bot.intake import webhook
from tests.app import envelope
from tests.faults.deployment import Deployment, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import until

ANSWER_SECONDS = 2.0
"""Measured with `--whole`, where nothing else uses the machine."""
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


def accepting(deployment: Deployment) -> bytes:
    """By what a request to store an event is known on its way to Redis."""
    sha: str = deployment.store.events._accept._call.sha
    return sha.encode()


@contextmanager
def broken(deployment: Deployment, how: Break) -> Iterator[None]:
    """Redis is out of reach for as long as this lasts."""
    how(deployment)
    try:
        yield
    finally:
        if deployment.redis.process is None:
            deployment.redis.start()
        os.kill(deployment.redis.process.pid, signal.SIGCONT)  # type: ignore[union-attr]  # it was started above
        deployment.proxy.clear_faults()


async def is_refused(web: Web, body: bytes) -> float:
    """Have it refused while Redis stays away; the seconds that took."""
    asked_at = time.monotonic()
    answer = await web.receive(body)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    return time.monotonic() - asked_at


async def goes_through_in_the_end(
    deployment: Deployment, tally: Tally, how: Break, *, whole: bool
) -> None:
    """An event before, several while Redis is away, and all of them again when it is back."""
    async with deployment.web() as web, deployment.worker():
        juicebox = Juicebox(lambda: web)
        for number in range(5 if whole else 1):
            before, meanwhile = f"evt_before_{number}", f"evt_meanwhile_{number}"
            await juicebox.send(envelope(before))
            body = envelope(meanwhile)
            with broken(deployment, how):
                took = [await is_refused(web, body) for _ in range(2)]
            assert max(took) < ANSWER_SECONDS or not whole
            back_at = time.monotonic()
            await juicebox.send(body)
            await deployment.settled([before, meanwhile])
            tally.recovered(time.monotonic() - back_at)
            await tally.audit(deployment, [before, meanwhile])


@pytest.mark.case(10)
@pytest.mark.parametrize("how", [cut, kill])
async def test_an_event_that_redis_is_down_for_is_refused_in_time_and_taken_later(
    deployment: Deployment, tally: Tally, how: Break, whole: bool
) -> None:
    await goes_through_in_the_end(deployment, tally, how, whole=whole)


@pytest.mark.case(11)
@pytest.mark.parametrize("how", [stop, stall])
async def test_an_event_that_redis_hangs_at_is_refused_in_time_and_taken_later(
    deployment: Deployment, tally: Tally, how: Break, whole: bool
) -> None:
    """What Redis was told while it hung is done when it goes on, and the redelivery changes nothing."""
    await goes_through_in_the_end(deployment, tally, how, whole=whole)


@pytest.mark.case(11)
def test_redis_gets_less_time_than_a_sender_has(tally: Tally) -> None:
    assert webhook._STORE_SECONDS < ANSWER_SECONDS
    assert web_application._REDIS_TIMEOUT.total_seconds() < ANSWER_SECONDS
    tally.run()


@pytest.mark.case(12)
@pytest.mark.parametrize(("lost", "status"), [(1, 200), (2, 503)])
async def test_an_event_that_was_stored_without_an_answer_is_stored_once(
    deployment: Deployment, tally: Tally, lost: int, status: int, whole: bool
) -> None:
    """A dead connection is replaced once; if its successor dies too, the sender has to come again."""
    async with deployment.web() as web, deployment.worker():
        assert (await web.receive(envelope("evt_first"))).status_code == 200
        events = [f"evt_{number}" for number in range(10 if whole else 2)]
        for event_id in events:
            body = envelope(event_id)
            deployment.proxy.lose_replies(to=accepting(deployment), times=lost)
            assert (await web.receive(body)).status_code == status
            assert deployment.proxy.lost == 0
            assert await deployment.store.events.get(event_id) is not None
            assert (await web.receive(body)).status_code == 200
            await deployment.settled([event_id])
            steps = [step.what for step in await deployment.store.events.trail(event_id)]
            assert (steps.count("received"), steps.count("handled")) == (1, 1)
        await tally.audit(deployment, events, runs=len(events))


@pytest.mark.case(13)
async def test_web_killed_between_commit_and_answer(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    """The sender got no answer and comes again, to another web process."""
    async with deployment.worker():
        for number in range(5 if whole else 1):
            event_id = f"evt_{number}"
            body = envelope(event_id)
            async with deployment.web() as web:
                assert (await web.receive(envelope("evt_first"))).status_code == 200
                await _dies_with_the_answer(deployment, web, event_id, body)
            async with deployment.web() as web:
                assert (await web.receive(body)).status_code == 200
                await deployment.settled([event_id])
            await tally.audit(deployment, [event_id])


async def _dies_with_the_answer(
    deployment: Deployment, web: Web, event_id: str, body: bytes
) -> None:
    deployment.proxy.hold_replies(to=accepting(deployment))
    sending = asyncio.create_task(web.receive(body))

    async def is_stored() -> bool:
        return await deployment.store.events.get(event_id) is not None

    await until(is_stored)
    web.process.kill()
    with pytest.raises(httpx.TransportError):
        await sending
    deployment.proxy.clear_faults()
