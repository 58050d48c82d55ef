"""Rows that Redis lost: nothing brings them back."""

from redis.asyncio import Redis

from bot.store import Store
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event

POST, LETTER = make_delivery(destination=SLACK), make_delivery(destination=MAIL)


async def test_a_delivery_that_is_gone_is_not_brought_back_as_a_dead_letter(
    store: Store, redis: Redis
) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    await store.ledger.open("evt_1", [POST, LETTER], NOW)
    await redis.delete(f"juicebox:delivery:{POST.id}")
    assert await store.ledger.read_or_dead_letter("evt_1", NOW) == ([LETTER], 0)
    assert await redis.exists(f"juicebox:delivery:{POST.id}") == 0
    assert await store.dead_letters(NOW) == []
