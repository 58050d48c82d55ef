"""Deliveries that are missing from Redis."""

from redis.asyncio import Redis

from bot.model import DeliveryState
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event

POST, EMAIL = make_delivery(destination=SLACK), make_delivery(destination=MAIL)


async def test_a_missing_delivery_does_not_become_a_dead_letter(store: Store, redis: Redis) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    await store.ledger.open("evt_1", [POST, EMAIL], NOW)
    await redis.delete(f"juicebox:delivery:{POST.id}")
    assert await store.ledger.read_or_dead_letter("evt_1", NOW) == ([EMAIL], 0)
    assert await redis.exists(f"juicebox:delivery:{POST.id}") == 0
    assert await store.dead_letters(NOW) == []


async def test_a_delivery_without_a_destination_is_read_as_release_0_4_0_wrote_it(
    store: Store, redis: Redis
) -> None:
    event, skipped = make_event(), make_delivery(destination=None, state=DeliveryState.SKIPPED)
    await store.events.accept(event, body_of(event), NOW)
    await store.ledger.open("evt_1", [skipped], NOW)
    assert skipped.id == "dlv_904f31a01e418e355a4a4d65"
    await redis.hset(f"juicebox:delivery:{skipped.id}", "destination", "nobody:recruiters")  # type: ignore[misc]
    assert await store.ledger.of_event("evt_1") == [skipped]
