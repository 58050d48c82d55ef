"""After a failover, connections to the old primary are replaced: it is a replica, and read-only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from redis.exceptions import ReadOnlyError

from bot.fakes.redis_server import redis_server
from bot.store import Store
from bot.store.connection import connect
from tests.factories import seconds
from tests.forwarder import Forwarder, forwarding
from tests.stored_events import accept

LONG = timedelta(seconds=60)


@asynccontextmanager
async def failover() -> AsyncIterator[tuple[Store, Forwarder, int]]:
    """Yield a store that is connected, what leads to its Redis, now read-only, and the new one's port."""
    with redis_server() as old, redis_server() as new:
        async with forwarding(old.port) as forwarder:
            url = f"redis://127.0.0.1:{forwarder.port}/0"
            store = Store(connect(url, timeout=LONG), retention=seconds(3600))
            try:
                await accept(store, "evt_before")
                assert await store.queue.wait(LONG)
                direct = connect(old.url, timeout=LONG)
                await direct.replicaof("127.0.0.1", str(new.port))
                await direct.aclose()
                yield store, forwarder, new.port
            finally:
                await store.close()


async def test_scripts_reach_the_new_primary() -> None:
    async with failover() as (store, forwarder, new_port):
        forwarder.target = new_port
        await accept(store, "evt_after")


async def test_a_waiting_worker_is_woken_by_the_new_primary() -> None:
    """Its connection leads to the old one until that refuses."""
    async with failover() as (store, forwarder, new_port):
        with pytest.raises(ReadOnlyError):
            await store.queue.wait(LONG)
        forwarder.target = new_port
        await accept(store, "evt_after")
        assert await store.queue.wait(LONG)
