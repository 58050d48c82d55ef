"""A worker that was paused for longer than its lease sends nothing that another worker sends now."""

import signal
import sys
import time

import pytest

from tests.app import envelope
from tests.faults.deployment import Deployment, Running
from tests.faults.paused_at import PAUSED
from tests.faults.tally import RECOVERY_SECONDS, Tally
from tests.polling import until
from tests.stored_events import deliveries_of


def paused_before(transport: str) -> list[str]:
    """Return the command of a worker that pauses right before it sends with this transport."""
    return [sys.executable, "-m", "tests.faults.paused_at", transport]


async def _has_logged(worker: Running, text: str) -> bool:
    return text in worker.log()


async def mails_of(deployment: Deployment, event_id: str) -> int:
    ids = {delivery.id for delivery in await deliveries_of(deployment.store, event_id)}
    return sum(mail.delivery_id in ids for mail in deployment.inbox.mails)


@pytest.mark.case(24)
async def test_a_worker_paused_past_its_lease_sends_neither_message_nor_mail(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    """Two workers are paused, each during one event, and a third one takes over from both.

    The mail of the first event is not checked: a pause between `DATA` and the server's reply can have
    it sent twice, under one Message-ID.
    """
    events = ["evt_1", "evt_2"]
    async with (
        deployment.web() as web,
        deployment.worker(*paused_before("slack")) as posting,
    ):
        await web.receive(envelope("evt_1"))
        await until(lambda: _has_logged(posting, PAUSED))
        async with deployment.worker(*paused_before("email")) as mailing:
            await web.receive(envelope("evt_2"))
            await until(lambda: _has_logged(mailing, PAUSED))
            paused_at = time.monotonic()
            async with deployment.worker():
                await deployment.settled(events)
                tally.recovered(time.monotonic() - paused_at)
                posts, mails = len(deployment.slack.posts), await mails_of(deployment, "evt_2")
                for worker in (posting, mailing):
                    worker.process.send_signal(signal.SIGCONT)
                    await until(lambda w=worker: _has_logged(w, "lease lost"))
                await deployment.settled(events)
    await tally.audit(deployment, events)
    assert len(deployment.slack.posts) == posts
    assert await mails_of(deployment, "evt_2") == mails == 1
    assert tally.seconds <= RECOVERY_SECONDS or not whole
