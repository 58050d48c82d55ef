"""A write is repeated until Redis is available again, or the lease is lost."""

import pytest
from redis.exceptions import RedisError

from bot.errors import LeaseLost
from bot.store.retry import retry_while_unavailable
from tests.factories import seconds


class Step:
    """Fails twice."""

    calls = 0

    async def __call__(self) -> bool:
        self.calls += 1
        if self.calls <= 2:
            raise RedisError("away")
        return True


async def test_a_step_is_repeated_until_redis_is_available() -> None:
    step = Step()
    assert await retry_while_unavailable(step, lambda: None, seconds(0)) is True
    assert step.calls == 3


async def test_a_step_is_not_repeated_once_the_lease_is_lost() -> None:
    step = Step()

    def check_lease() -> None:
        raise LeaseLost("paused")

    with pytest.raises(LeaseLost):
        await retry_while_unavailable(step, check_lease, seconds(0))
    assert step.calls == 1
