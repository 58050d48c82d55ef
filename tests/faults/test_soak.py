"""Soak test: thousands of events while workers are killed and Redis is restarted."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

import pytest

from bot.clock import utc_now
from tests.app import envelope
from tests.faults.chaos import Chaos
from tests.faults.conftest import BASE
from tests.faults.deployment import Deployment, deployed
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally

INVALID_SHARE = 0.05
"""The share of events with invalid data. Each becomes a dead letter, and the operators are notified."""


def bodies(events: list[str], seed: int) -> Iterator[bytes]:
    generator = random.Random(seed)  # noqa: S311  # nothing is secret about it
    for event_id in events:
        if generator.random() < INVALID_SHARE:
            yield envelope(event_id, searchId="srch_1", resultCount="invalid")
        elif generator.random() < 0.5:
            yield envelope(event_id, searchId="srch_1", resultCount=generator.randrange(10_000))
        else:
            link = f"https://exports.example.com/{event_id}.csv"
            yield envelope(event_id, "export.ready", exportId=event_id, downloadUrl=link)


async def soak(
    tally: Tally, make_chaos: Callable[[Deployment], Chaos], count: int, workers: int
) -> None:
    events = [f"evt_{number}" for number in range(count)]
    async with (
        # The local mail server takes any number of connections; two would make the soak take hours.
        deployed({**BASE, "SMTP_CONNECTIONS": "20"}, direct=True) as deployment,
        deployment.web() as one,
        deployment.web() as other,
    ):
        webs = cycle([one, other])
        juicebox = Juicebox(lambda: next(webs))
        chaos = make_chaos(deployment)
        async with chaos.running(workers):
            await juicebox.send_all(bodies(events, chaos.seed))
            await chaos.stop()
            await deployment.settled(events, seconds=900)
        dead = await deployment.store.dead_letters(utc_now())
        print(f"{count:,} events, {len(dead):,} dead letters; {chaos.faults}, {juicebox.answers}")  # noqa: T201  # read with -s
        await tally.audit(deployment, events)
        assert chaos.faults["workers killed"]
        assert chaos.faults["redis restarts"]


@pytest.mark.case(25)
async def test_no_event_is_lost_or_delivered_twice_under_constant_faults(
    tally: Tally, whole: bool
) -> None:
    """Run three times in full; the short form runs once, with fewer events and more faults."""
    if whole:
        for seed in (1, 2, 3):
            await soak(tally, partial(Chaos, seed=seed), 20_000, workers=10)
    else:
        await soak(tally, lambda d: Chaos(d, 1, 0.1, 0.2), 300, workers=3)
