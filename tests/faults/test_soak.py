"""The soak: thousands of events, while workers are killed and Redis is restarted all the time."""

import random
from collections.abc import Callable, Iterator
from itertools import cycle

import pytest

from bot.clock import utc_now
from tests.app import envelope
from tests.faults.chaos import Chaos
from tests.faults.conftest import BASE
from tests.faults.deployment import Deployment, deployed
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally

POISONOUS = 0.05
"""The share of the events whose data do not fit: each is a dead letter that the operators hear of."""


def bodies(events: list[str], seed: int) -> Iterator[bytes]:
    dice = random.Random(seed)  # noqa: S311  # nothing is secret about it
    for event_id in events:
        if dice.random() < POISONOUS:
            yield envelope(event_id, searchId="srch_1", resultCount="poison")
        elif dice.random() < 0.5:
            yield envelope(event_id, searchId="srch_1", resultCount=dice.randrange(10_000))
        else:
            link = f"https://exports.example.com/{event_id}.csv"
            yield envelope(event_id, "export.ready", exportId=event_id, downloadUrl=link)


async def soak(
    tally: Tally, chaos_of: Callable[[Deployment], Chaos], count: int, workers: int
) -> None:
    events = [f"evt_{number}" for number in range(count)]
    async with (
        deployed(BASE, direct=True) as deployment,
        deployment.web() as one,
        deployment.web() as other,
    ):
        webs = cycle([one, other])
        juicebox = Juicebox(lambda: next(webs))
        chaos = chaos_of(deployment)
        async with chaos.among(workers):
            await juicebox.send_all(bodies(events, chaos.seed))
            await chaos.calm()
            await deployment.settled(events, seconds=900)
        dead = await deployment.store.dead_letters(utc_now())
        print(f"{count:,} events, {len(dead):,} poisonous; {chaos.done}, {juicebox.answers}")  # noqa: T201  # read with -s
        await tally.audit(deployment, events)
        assert chaos.done["workers killed"]
        assert chaos.done["redis restarts"]


@pytest.mark.case(25)
async def test_nothing_is_lost_and_nothing_doubled_in_the_long_run(
    tally: Tally, whole: bool
) -> None:
    """Three times in a row in full; in the short form once, on fewer events and in worse weather."""
    if whole:
        for seed in (1, 2, 3):
            await soak(tally, lambda d, seed=seed: Chaos(d, seed), 20_000, workers=10)  # type: ignore[misc]
    else:
        await soak(tally, lambda d: Chaos(d, 1, 0.1, 0.2), 300, workers=3)
