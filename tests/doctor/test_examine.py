"""All checks together: their order, their timeouts, their secrets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from bot.commands.doctor import line
from bot.doctor.examine import examine
from bot.fakes.redis_server import free_port
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.store.queue import HEARTBEAT
from tests.conftest import MakeSettings
from tests.doctor.findings import CANARY, failures, found
from tests.factories import NOW

DASH = "\u2013"
MESSAGES = 12
"""One of each event type and audience, of another type, an unsubscription, a notice and a summary."""
PERSIST = "turn on appendonly, or choose a plan that persists"
SCOPES = (
    *("chat:write", "commands", "channels:history", "channels:read"),
    *("users:read", "groups:history", "groups:read", "im:write", "im:history", "users:read.email"),
)


async def test_everything_is_fine(
    redis: Redis, make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox
) -> None:
    await redis.set(HEARTBEAT, "fresh")
    settings = make_settings(
        SLACK_API_URL=slack_api.url,
        SMTP_URL=inbox.url,
        PUBLIC_URL="https://bot.example.com",
        JUICEBOX_API_KEY="jb_key",
        JUICEBOX_WEBHOOK_SECRET="whsec_long_enough_to_be_safe",
    )
    shown = [line(f, ascii_only=False) for f in await examine(settings, NOW)]
    version = (await redis.info())["redis_version"]
    assert (
        "\n".join(shown)
        == f"""\
✓ JUICEBOX_WEBHOOK_SECRET      set
✓ JUICEBOX_API_KEY             set, for https://api.juicebox.ai/v1
✓ PUBLIC_URL                   https://bot.example.com/
✓ SLACK_SIGNING_SECRET         set; tested by the first slash command
✓ SLACK_ADMINS                 not set: every member may change what a channel gets
✓ EMAIL_TO                     one address for recruiters
✓ EMAIL_ALERT_TO               one address for operators
✓ QUOTA_ALERT_PERCENT          alerts above 80 %
✓ EXPORT_URL_HOSTS             not set: exports may be at any host
✓ SEARCH_URL_TEMPLATE          not set: messages about searches have no button
✓ RETENTION_DAYS               events are kept for 30 days
✓ LOG_LEVEL, LOG_FORMAT        INFO, logfmt
✓ PORT, WEB_CONCURRENCY        8000, 1
{DASH} Redis encryption             none, on this machine
✓ Redis                        answers; version {version}
✓ Redis role                   primary
! Redis persistence            off: a restart loses events; {PERSIST}
✓ Redis eviction               noeviction
✓ Redis writes                 all scripts ran, on keys of their own that are removed again
{DASH} Worker                       alive; 0 due, 0 for later, 0 dead
✓ SLACK_BOT_TOKEN              juicebox in Juicebox demo
✓ Slack scopes                 {", ".join(SCOPES)}
✓ SLACK_CHANNEL                #recruiting, and the bot is in it
✓ SLACK_ALERT_CHANNEL          #juicebox-alerts, and the bot is in it
✓ Mail server                  127.0.0.1:{inbox.port} answers; unencrypted, no login
✓ Slack templates              Slack accepts the {MESSAGES} messages and screens that were tried"""
    )
    assert await redis.keys() == [HEARTBEAT.encode()]
    assert inbox.mails == []
    assert slack_api.posts == []


async def test_closed_ports_fail_with_a_fix(make_settings: MakeSettings) -> None:
    settings = make_settings(
        REDIS_URL=f"redis://:{CANARY}@127.0.0.1:{free_port()}/0",
        SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/",
        SLACK_BOT_TOKEN=CANARY,
        SMTP_URL=f"smtp://user:{CANARY}@127.0.0.1:{free_port()}",
        JUICEBOX_WEBHOOK_SECRET=CANARY,
        JUICEBOX_WEBHOOK_SECRET_PREVIOUS=CANARY,
        JUICEBOX_API_KEY=CANARY,
    )
    findings = await found(settings)
    assert failures(findings) == {"Redis", "Slack", "Mail server"}
    for subject in ("Redis", "Slack", "Mail server"):
        assert "127.0.0.1" in findings[subject].text
        assert "the connection is refused" in findings[subject].text
        assert findings[subject].fix.startswith("check ")
    assert CANARY not in "".join(line(f, ascii_only=False) for f in findings.values())


async def test_a_silent_connection_times_out(make_settings: MakeSettings) -> None:
    async with _silent() as port:
        settings = make_settings(
            REDIS_URL=f"redis://127.0.0.1:{port}",
            SLACK_API_URL=f"http://127.0.0.1:{port}/",
            SMTP_URL=f"smtp://127.0.0.1:{port}",
        )
        findings = await found(settings, timeout=0.1)
    assert failures(findings) == {"Redis", "Slack", "Mail server"}
    for subject in ("Redis", "Slack", "Mail server"):
        assert findings[subject].text == "no answer in time"


@contextlib.asynccontextmanager
async def _silent() -> AsyncIterator[int]:
    """A port that accepts connections and never sends anything."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
