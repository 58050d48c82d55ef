"""Whether the bot can do its work here: every setting and every connection, looked at once."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime

from bot.operations.check_mail import check_mail
from bot.operations.check_redis import check_redis
from bot.operations.check_settings import check_settings
from bot.operations.check_slack import check_slack
from bot.operations.finding import Finding, failure
from bot.settings import Settings

_PATIENCE_SECONDS = 18
"""For all connections together; each call has less."""


async def examine(settings: Settings, now: datetime) -> Sequence[Finding]:
    """Everything that was found out. Nothing is sent or changed anywhere."""
    connections = await asyncio.gather(
        _in_time("Redis", check_redis(settings, now)),
        _in_time("Slack", check_slack(settings)),
        _in_time("Mail server", check_mail(settings)),
    )
    return [*check_settings(settings), *(f for found in connections for f in found)]


async def _in_time(subject: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await check
    except TimeoutError:
        return [failure(subject, "no answer in time", "try again; look at its own status page")]
