"""Connection slots of a mail server: they are limited, and a killed worker keeps none."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.store import keys
from bot.store.smtp_slots import SLOT_LEASE, SmtpSlots
from tests.polling import until

KEY = keys.smtp_slots("mail.example.com", 587)


@pytest.fixture
def slots(redis: Redis) -> SmtpSlots:
    return SmtpSlots(redis, "mail.example.com", 587, count=2)


async def test_no_more_slots_are_taken_than_allowed(slots: SmtpSlots, redis: Redis) -> None:
    assert [await slots.take(token) for token in "abc"] == [True, True, False]
    another_worker = SmtpSlots(redis, "mail.example.com", 587, count=2)
    assert await another_worker.take("d") is False
    assert await SmtpSlots(redis, "mail.example.com", 25, count=2).take("a") is True


async def test_a_released_slot_is_free(slots: SmtpSlots) -> None:
    for token in "ab":
        await slots.take(token)
    await slots.release("a")
    assert await slots.take("c") is True


async def test_taking_a_slot_again_changes_nothing(slots: SmtpSlots) -> None:
    assert [await slots.take("a") for _ in range(3)] == [True] * 3
    assert await slots.take("b") is True


async def test_a_slot_is_held_for_a_lease_and_renewed(slots: SmtpSlots, redis: Redis) -> None:
    await slots.take("a")
    lease_ms = SLOT_LEASE / timedelta(milliseconds=1)
    first = await redis.zscore(KEY, "a")
    assert 0 < await redis.pttl(KEY) <= lease_ms
    assert await slots.renew("a") is True
    assert await redis.zscore(KEY, "a") >= first


async def test_a_slot_that_was_not_renewed_becomes_free(redis: Redis) -> None:
    short = SmtpSlots(redis, "mail.example.com", 587, count=1, lease=timedelta(milliseconds=50))
    assert await short.take("killed") is True

    async def is_free() -> bool:
        return await short.take("next")

    await until(is_free)
    assert await short.renew("killed") is False


async def test_a_lower_limit_applies_at_once(slots: SmtpSlots, redis: Redis) -> None:
    for token in "ab":
        await slots.take(token)
    fewer = SmtpSlots(redis, "mail.example.com", 587, count=1)
    await slots.release("a")
    assert await fewer.take("c") is False
    assert await slots.renew("b") is True
