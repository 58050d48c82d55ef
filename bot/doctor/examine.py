"""Runs all checks of settings and connections."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from bot.doctor.redis import check_redis
from bot.doctor.settings import check_settings, problem_findings
from bot.doctor.templates import Screens, check_slack_templates, no_screens
from bot.errors import SettingsProblem, settings_in
from bot.model.finding import Finding, failure, note
from bot.settings import Settings
from bot.transports.registry import TRANSPORTS
from bot.transports.slack.transport import SLACK

CONNECTION_TIMEOUT = 18.0
"""In seconds, for each connection; the calls of a check have shorter ones."""
_REDIS_SETTINGS = ("REDIS_",)
_TEMPLATES = "Slack templates"

_Connect = Callable[[], Awaitable[list[Finding]]]


async def examine(
    settings: Settings,
    now: datetime,
    problems: Sequence[SettingsProblem] = (),
    *,
    screens: Screens = no_screens,
    timeout: float = CONNECTION_TIMEOUT,  # noqa: ASYNC109  # for each check, not for this call
) -> Sequence[Finding]:
    """Return all findings; sends no message, and removes what it writes to Redis.

    `screens` are those of the Slack app, which Slack checks as well.

    Connections that need a setting among the `problems` are not checked, and no other finding mentions
    these settings.
    """
    malformed = frozenset(name for problem in problems for name in problem.names)
    checks: list[tuple[str, tuple[str, ...], _Connect]] = [
        ("Redis", _REDIS_SETTINGS, partial(check_redis, settings, now))
    ] + [
        (t.service, t.needed_settings, partial(t.check_connection, settings, malformed))
        for t in TRANSPORTS
    ]
    templates = partial(check_slack_templates, settings, now, screens)
    checks.append((_TEMPLATES, SLACK.needed_settings, templates))
    connections = await asyncio.gather(
        *(
            _check(service, connect, timeout)
            for service, needed, connect in checks
            if not any(name.startswith(needed) for name in malformed)
        )
    )
    about_settings = [
        finding
        for finding in check_settings(settings)
        if malformed.isdisjoint(settings_in(f"{finding.subject} {finding.text}"))
    ]
    about_connections = (finding for findings in connections for finding in findings)
    return [*problem_findings(problems), *about_settings, *about_connections]


async def _check(service: str, connect: _Connect, seconds: float) -> list[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return await connect()
    except TimeoutError:
        if service == _TEMPLATES:
            return [note(service, "not all tried: no answer in time")]
        return [failure(service, "no answer in time", "try again; see its status page")]
