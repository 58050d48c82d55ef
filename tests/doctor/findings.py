"""Findings by subject."""

from bot.clock import utc_now
from bot.doctor.examine import CONNECTION_TIMEOUT, examine
from bot.doctor.redis import check_redis
from bot.model.finding import Finding, Severity
from bot.settings import Settings
from tests.app import MakeSettings
from tests.factories import NOW

CANARY = "canary-7f3a"


async def found(
    settings: Settings,
    timeout: float = CONNECTION_TIMEOUT,  # noqa: ASYNC109  # as examine has it
) -> dict[str, Finding]:
    return {f.subject: f for f in await examine(settings, NOW, timeout=timeout)}


def failures(findings: dict[str, Finding]) -> set[str]:
    return {subject for subject, f in findings.items() if f.severity is Severity.FAILURE}


async def failed_at_redis(make_settings: MakeSettings, url: str) -> list[Finding]:
    """Return the failures about a Redis, except for its role, which has tests of its own."""
    found = await check_redis(make_settings(REDIS_URL=url), utc_now())
    return [f for f in found if f.severity is Severity.FAILURE and f.subject != "Redis role"]
