"""Runs every check of the settings and the connections."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from bot.doctor.redis import check_redis
from bot.doctor.settings import broken, check_settings
from bot.errors import SettingsProblem, settings_in
from bot.model.finding import Finding, failure
from bot.settings import Settings
from bot.transports.registry import TRANSPORTS

CONNECTION_TIMEOUT = 18.0
"""In seconds, for each connection; each call of a check has less."""
_REDIS_SETTINGS = ("REDIS_",)


async def examine(
    settings: Settings,
    now: datetime,
    problems: Sequence[SettingsProblem] = (),
    *,
    timeout: float = CONNECTION_TIMEOUT,  # noqa: ASYNC109  # for each check, not for this call
) -> Sequence[Finding]:
    """Return all findings. No message is sent, and what is written to Redis is removed.

    `problems` are those of the settings. A connection that needs one of these settings is not tried,
    and no other finding mentions them.
    """
    malformed = frozenset(name for problem in problems for name in problem.names)

    async def check(
        service: str, needed: tuple[str, ...], connect: Callable[[], Awaitable[list[Finding]]]
    ) -> list[Finding]:
        if any(name.startswith(needed) for name in malformed):
            return []
        try:
            async with asyncio.timeout(timeout):
                return await connect()
        except TimeoutError:
            fix = "try again; look at its own status page"
            return [failure(service, "no answer in time", fix)]

    connections = await asyncio.gather(
        check("Redis", _REDIS_SETTINGS, partial(check_redis, settings, now)),
        *(
            check(t.service, t.needed_settings, partial(t.check_connection, settings, malformed))
            for t in TRANSPORTS
        ),
    )
    about_settings = [
        finding
        for finding in check_settings(settings)
        if malformed.isdisjoint(settings_in(f"{finding.subject} {finding.text}"))
    ]
    return [*broken(problems), *about_settings, *(f for found in connections for f in found)]
