"""A backlog at Slack's rate limit, in virtual time: the number of calls does not depend on the machine."""

from bot.fakes.redis_server import RedisServer
from tests.app import MakeSettings, signed
from tests.faults.machine_model import Promise
from tests.faults.machine_world import World

POST = "chat.postMessage"
MESSAGES = 6


async def test_a_rate_limited_backlog_takes_about_one_call_for_each_message(
    redis_process: RedisServer, make_settings: MakeSettings
) -> None:
    """All are sent at once, and all but one are refused; after that each waits for its slot."""
    world = World(redis_process, make_settings)
    async with world:
        promise = Promise(world)
        # Slightly faster than the pacing: the virtual clock ticks while the worker works.
        world.slack.messages_per_second = 1.25
        for _ in range(MESSAGES):
            offer = promise.offer("search")
            answer = await world.post(offer.body, signed(offer.body))
            assert answer.status_code == 200
        await world.drain()
        await promise.check()
        assert len(world.slack.posts) == MESSAGES
        assert len(world.slack.calls(POST)) <= 2 * MESSAGES - 1
        moments = [post.ts for post in world.slack.posts]
        assert float(moments[-1]) - float(moments[0]) < MESSAGES, "unused slots"
