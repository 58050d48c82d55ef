"""One process greets for each invitation."""

import asyncio

from redis.asyncio import Redis

from bot.store import Store, keys
from bot.store.greetings import Claim


async def test_one_process_claims_it_until_it_is_done(store: Store) -> None:
    claims = await asyncio.gather(*(store.greetings.claim("Ev1") for _ in range(5)))
    assert sorted(claims) == [Claim.ANOTHERS] * 4 + [Claim.OURS]
    await store.greetings.finish("Ev1")
    assert await store.greetings.claim("Ev1") is Claim.DONE
    assert await store.greetings.claim("Ev2") is Claim.OURS


async def test_a_released_claim_is_free(store: Store) -> None:
    await store.greetings.claim("Ev1")
    await store.greetings.release("Ev1")
    assert await store.greetings.claim("Ev1") is Claim.OURS


async def test_a_claim_ends_by_itself(store: Store, redis: Redis) -> None:
    await store.greetings.claim("Ev1")
    assert 0 < await redis.pttl(keys.greeting("Ev1")) <= 20_000
    await store.greetings.finish("Ev1")
    assert await redis.pttl(keys.greeting("Ev1")) > 86_400_000
