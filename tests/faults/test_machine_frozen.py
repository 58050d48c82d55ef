"""A worker freezes at any step, past its lease, and continues when another one has done its work."""

import asyncio

from bot.fakes.redis_server import RedisServer
from tests.app import MakeSettings, signed
from tests.faults.machine_life import task_factory
from tests.faults.machine_model import Promise
from tests.faults.machine_world import World

_STEPS = 100
"""A job that sends to Slack and by mail takes about 95, including opening its connections."""


async def test_a_worker_that_continues_past_its_lease_posts_nothing(
    redis_process: RedisServer, make_settings: MakeSettings, whole: bool
) -> None:
    """The short form takes every eighth step of the job; the whole one takes every second."""
    asyncio.get_running_loop().set_task_factory(task_factory)
    for step in range(1, _STEPS, 2 if whole else 8):
        async with World(redis_process, make_settings) as world:
            await freeze_at(step, world)
            assert len(world.slack.posts) == 1, f"frozen at step {step}"


async def freeze_at(step: int, world: World) -> None:
    promise = Promise(world)
    offer = promise.offer("search")
    await world.post(offer.body, signed(offer.body))
    promise.excuses = 1
    world.worker.life.strike_after(step, world.worker.life.freeze)
    await world.work()
    await world.drain()
    await world.wake_all()
    await world.drain()
    await promise.check()
