"""Machines whose clocks differ by an hour: due times are the same for all, and nothing is sent twice."""

import time
from collections import defaultdict
from datetime import timedelta

import pytest

from bot.fakes.faults import HttpFault
from tests.app import envelope
from tests.fake_clock import needs_faketime, shifted_clock
from tests.faults.deployment import Deployment, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import until

POST = "chat.postMessage"
AHEAD, BEHIND = timedelta(hours=1), timedelta(hours=-1)
CORRECT = timedelta()

pytestmark = needs_faketime


async def _is_ready(web: Web) -> bool:
    return (await web.client.get("/readyz")).status_code == 200


@pytest.mark.case(24)
@pytest.mark.parametrize(
    ("of_web", "of_worker"), [(AHEAD, CORRECT), (AHEAD, BEHIND), (BEHIND, AHEAD)]
)
async def test_an_event_is_handled_at_once_although_the_clocks_of_web_and_worker_differ(
    deployment: Deployment, tally: Tally, of_web: timedelta, of_worker: timedelta
) -> None:
    """A message that Slack accepted without replying is found, although Slack has a third clock."""
    slack = deployment.slack
    slack.plan_faults(POST, [HttpFault.lost_reply()])
    async with (
        deployment.web(**shifted_clock(of_web)) as web,
        deployment.worker(**shifted_clock(of_worker)),
    ):
        await Juicebox(lambda: web).send(envelope())
        received_at = time.monotonic()
        await deployment.settled(["evt_1"])
        tally.recovered(time.monotonic() - received_at)
        await until(lambda: _is_ready(web))
    await tally.audit(deployment, ["evt_1"])


@pytest.mark.case(24)
async def test_a_retry_is_due_a_second_later_for_a_worker_with_another_clock(
    deployment: Deployment, tally: Tally
) -> None:
    slack = deployment.slack
    events = [f"evt_{n}" for n in range(20)]
    slack.plan_faults(POST, [HttpFault.status(500)] * len(events))
    async with (
        deployment.web(**shifted_clock(BEHIND)) as web,
        deployment.worker(**shifted_clock(AHEAD)),
        deployment.worker(**shifted_clock(BEHIND)),
    ):
        juicebox = Juicebox(lambda: web)
        for event_id in events:
            await juicebox.send(envelope(event_id))
        await deployment.settled(events)
    await tally.audit(deployment, events, runs=2)
    calls: dict[str, list[float]] = defaultdict(list)
    for call in slack.calls(POST):
        calls[call.arguments["metadata"]["event_payload"]["delivery_id"]].append(call.at)
    assert len(calls) == len(events)
    # On a slow machine, one delivery may meet two of the errors and another none.
    gaps = [times[1] - times[0] for times in calls.values() if len(times) > 1]
    assert min(gaps) >= 1.0
    assert max(gaps) < AHEAD.total_seconds() / 2
