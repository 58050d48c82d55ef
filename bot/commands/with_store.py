"""Commands that need Redis and nothing else: opened, closed, and explained when it is away."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis.exceptions import RedisError

from bot.commands import Stop
from bot.environment import load
from bot.store import Store
from bot.store.redis_errors import explain
from bot.store.settings import StoreSettings
from bot.wiring import open_store

_PATIENCE = timedelta(seconds=5)


def on_store(work: Callable[[Store], Awaitable[None]]) -> None:
    """Do the work on the store that the settings name.

    Raises:
        SettingsError: if the environment is not fit to start with.
        Stop: if Redis does not answer; names its host, and not its password.
    """
    settings = load(StoreSettings)
    store = open_store(settings, timeout=_PATIENCE)

    async def run() -> None:
        try:
            await work(store)
        finally:
            await store.redis.aclose()

    try:
        asyncio.run(run())
    except (RedisError, OSError) as error:
        trouble = explain(error)
        remedy = f"; {trouble.remedy}" if trouble.remedy else ""
        said = f"Redis at {settings.redis.where} (REDIS_URL): {trouble.text}{remedy}"
        raise Stop(said) from error
