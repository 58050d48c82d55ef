"""Whether the bot can do its work here: every setting and every connection, looked at once."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime

from bot.doctor.finding import Finding, failure
from bot.doctor.redis import check_redis
from bot.doctor.settings import broken, check_settings
from bot.errors import SettingsProblem, settings_in
from bot.settings import Settings
from bot.transports.email.checks import check_mail
from bot.transports.slack.checks import check_slack

_REDIS = ("REDIS_",)
_SLACK = ("SLACK_BOT_TOKEN", "SLACK_API_URL")
_MAIL = ("SMTP_", "MAILGUN_", "SENDGRID_", "POSTMARK_")
_PATIENCE_SECONDS = 18
"""For all connections together; each call has less."""


async def examine(
    settings: Settings, now: datetime, problems: Sequence[SettingsProblem] = ()
) -> Sequence[Finding]:
    """Everything that was found out. No message is sent, and what is written to Redis is removed.

    `problems` are those of the settings. A connection that needs one of them is not tried, and
    nothing else is said of it.
    """
    wrong = frozenset(name for problem in problems for name in problem.names)
    connections = [
        *([_in_time("Redis", check_redis(settings, now))] if _usable(wrong, _REDIS) else []),
        *([_in_time("Slack", check_slack(settings))] if _usable(wrong, _SLACK) else []),
        *([_in_time("Mail server", _check_mail(settings, wrong))] if _usable(wrong, _MAIL) else []),
    ]
    found = await asyncio.gather(*connections)
    said = [
        f
        for f in check_settings(settings)
        if wrong.isdisjoint(settings_in(f"{f.subject} {f.text}"))
    ]
    return [*broken(problems), *said, *(f for findings in found for f in findings)]


def _usable(wrong: Iterable[str], beginnings: tuple[str, ...]) -> bool:
    return not any(name.startswith(beginnings) for name in wrong)


async def _check_mail(settings: Settings, wrong: frozenset[str]) -> list[Finding]:
    """The mail server can be tried without a sender."""
    if "EMAIL_FROM" in wrong:
        settings = settings.model_copy(update={"email_from": "doctor@example.com"})
    return await check_mail(settings)


async def _in_time(subject: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await check
    except TimeoutError:
        return [failure(subject, "no answer in time", "try again; look at its own status page")]
