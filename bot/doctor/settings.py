"""What the environment says, before anything is connected to."""

from collections.abc import Iterable

from pydantic import HttpUrl

from bot.doctor.finding import Finding, failure, note, ok, warning
from bot.errors import SettingsProblem
from bot.model import Audience, Transport
from bot.settings import Settings
from bot.transports.email.smtp_url import Security

_SHORT_SECRET = 16
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def broken(problems: Iterable[SettingsProblem]) -> list[Finding]:
    """A finding for each thing that keeps the bot from starting."""
    mend = "set it in the environment; README lists them all"
    return [failure(problem.subject, problem.text, mend) for problem in problems]


def check_settings(settings: Settings) -> list[Finding]:
    return [
        *_juicebox(settings),
        *_slack(settings),
        *_email(settings),
        ok("QUOTA_ALERT_PERCENT", f"alerts above {settings.quota_alert_percent:g} %"),
        ok(
            "EXPORT_URL_HOSTS",
            ", ".join(settings.export_url_hosts) or "not set: exports may be at any host",
        ),
        ok("RETENTION_DAYS", f"events are kept for {settings.retention_days} days"),
        ok("LOG_LEVEL, LOG_FORMAT", f"{settings.log_level}, {settings.log_format}"),
        ok("PORT, WEB_CONCURRENCY", f"{settings.port}, {settings.web_concurrency}"),
    ]


def _juicebox(settings: Settings) -> Iterable[Finding]:
    secret = settings.juicebox_webhook_secret.get_secret_value()
    if len(secret) < _SHORT_SECRET:
        mend = "make a longer one: openssl rand -hex 32"
        yield warning("JUICEBOX_WEBHOOK_SECRET", "set, but short enough to be guessed", mend)
    else:
        yield ok("JUICEBOX_WEBHOOK_SECRET", "set")
    if settings.juicebox_webhook_secret_previous:
        text = "set: what is signed with it is accepted too; unset it when the rotation is over"
        yield note("..._SECRET_PREVIOUS", text)
    if settings.juicebox_api_key:
        yield ok("JUICEBOX_API_KEY", f"set, for {settings.juicebox_api_url}")
    else:
        mend = "set it, or register the webhook by hand"
        yield warning("JUICEBOX_API_KEY", "not set: 'webhook create' needs it", mend)
    yield _public_url(settings.public_url)


def _public_url(url: HttpUrl | None) -> Finding:
    if url is None:
        mend = "set it to where this bot is reached, https://..."
        return warning("PUBLIC_URL", "not set: 'webhook create' must be told the address", mend)
    if url.scheme != "https":
        mend = "begin it with https://"
        return warning("PUBLIC_URL", "not https: Juicebox and Slack would refuse it", mend)
    return ok("PUBLIC_URL", str(url))


def _slack(settings: Settings) -> Iterable[Finding]:
    if not settings.slack_on:
        yield note("Slack", "off: SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET are not set")
        return
    yield ok("SLACK_SIGNING_SECRET", "set; it proves itself with the first slash command")
    if settings.slack_app_token:
        yield note("SLACK_APP_TOKEN", "set: Socket Mode instead of HTTP, meant for development")
    if settings.slack_channel is None:
        yield note("SLACK_CHANNEL", "not set: recruiters are not told in Slack")


def _email(settings: Settings) -> Iterable[Finding]:
    smtp = settings.smtp
    if smtp is None or not settings.email_on:
        yield note("Email", "off: SMTP_URL and EMAIL_FROM are not set")
        return
    if smtp.security is Security.NONE and not smtp.is_on_this_machine:
        mend = "begin SMTP_URL with smtp+starttls:// or smtps://"
        yield warning("SMTP_URL", "mails and the password travel unencrypted", mend)
    for audience in Audience:
        to = [d for d in settings.audiences[audience] if d.transport is Transport.EMAIL]
        name = "EMAIL_TO" if audience is Audience.RECRUITERS else "EMAIL_ALERT_TO"
        if to:
            count = "one address" if len(to) == 1 else f"{len(to)} addresses"
            yield ok(name, f"{count} for {audience}")
        else:
            yield note(name, f"not set: {audience} get no mail")
