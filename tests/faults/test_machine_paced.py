"""A backlog at Slack's rate limit, in virtual time: how often Slack is asked depends on no machine."""

import pytest

from bot.fakes.redis_server import RedisServer
from tests.app import MakeSettings, signed
from tests.faults.machine_model import Promise
from tests.faults.machine_world import World

POST = "chat.postMessage"
MESSAGES = 6


async def test_a_backlog_at_a_rate_limit_asks_slack_about_once_for_each_message(
    redis_process: RedisServer, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are sent at once, and all but one are refused; from then on each waits for its turn."""
    world = World(redis_process, make_settings)
    world.time.rule(monkeypatch)
    async with world:
        promise = Promise(world)
        world.slack.messages_per_second = (
            1.25  # our clock ticks while we work, so turns are not exact
        )
        for _ in range(MESSAGES):
            offer = promise.offer("search")
            answer = await world.post(offer.body, signed(offer.body))
            assert answer.status_code == 200
        await world.drain()
        await promise.holds()
        assert len(world.slack.posts) == MESSAGES
        assert len(world.slack.calls(POST)) <= 2 * MESSAGES - 1
        moments = [post.ts for post in world.slack.posts]
        assert float(moments[-1]) - float(moments[0]) < MESSAGES, "turns that nobody used"
