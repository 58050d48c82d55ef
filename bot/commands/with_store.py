"""Runs commands that need only Redis, and explains its errors."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis.exceptions import RedisError

from bot.commands import CommandError
from bot.environment import load
from bot.store import Store
from bot.store.redis_errors import diagnose
from bot.store.settings import StoreSettings
from bot.wiring import open_store

_TIMEOUT = timedelta(seconds=5)


def on_store(work: Callable[[Store], Awaitable[None]]) -> None:
    """Run `work` with the store.

    Raises:
        SettingsError: if a setting of Redis is malformed.
        CommandError: if Redis does not answer; names its host, but not its password.
    """
    settings = load(StoreSettings)
    store = open_store(settings, timeout=_TIMEOUT)

    async def run() -> None:
        try:
            await work(store)
        finally:
            await store.redis.aclose()

    try:
        asyncio.run(run())
    except (RedisError, OSError) as error:
        problem = diagnose(error)
        fix = f"; {problem.fix}" if problem.fix else ""
        reason = f"Redis at {settings.redis.where} (REDIS_URL): {problem.text}{fix}"
        raise CommandError(reason) from error
