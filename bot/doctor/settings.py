"""Checks of the settings alone."""

from collections.abc import Iterable

from bot.errors import SettingsProblem
from bot.model import Context
from bot.model.finding import Finding, failure, note, ok, warning
from bot.settings import Settings
from bot.transports.registry import TRANSPORTS

_MIN_SECRET_LENGTH = 16
_SEARCH: Context = {"searchId": "srch_8f3k2m", "resultCount": 1204, "query": "engineers"}
"""The documented fields of a search."""


def problem_findings(problems: Iterable[SettingsProblem]) -> list[Finding]:
    fix = "set it in the environment; .github/CONFIGURATION.md lists all settings"
    return [failure(problem.subject, problem.text, fix) for problem in problems]


def check_settings(settings: Settings) -> list[Finding]:
    return [
        *_juicebox(settings),
        *(f for transport in TRANSPORTS for f in transport.check_settings(settings)),
        ok("QUOTA_ALERT_PERCENT", f"alerts above {settings.quota_alert_percent:g} %"),
        ok(
            "EXPORT_URL_HOSTS",
            ", ".join(settings.export_url_hosts) or "not set: exports may be at any host",
        ),
        _search_url(settings),
        ok("RETENTION_DAYS", f"events are kept for {settings.retention_days} days"),
        ok("LOG_LEVEL, LOG_FORMAT", f"{settings.log_level}, {settings.log_format}"),
        ok("PORT, WEB_CONCURRENCY", f"{settings.port}, {settings.web_concurrency}"),
    ]


def _juicebox(settings: Settings) -> Iterable[Finding]:
    secret = settings.juicebox_webhook_secret.get_secret_value()
    if len(secret) < _MIN_SECRET_LENGTH:
        fix = "make a longer one: openssl rand -hex 32"
        yield warning("JUICEBOX_WEBHOOK_SECRET", "set, but short enough to be guessed", fix)
    else:
        yield ok("JUICEBOX_WEBHOOK_SECRET", "set")
    if settings.juicebox_webhook_secret_previous:
        text = "set: accepted too; unset it when the rotation is over"
        yield note("..._SECRET_PREVIOUS", text)
    if settings.juicebox_api_key:
        yield ok("JUICEBOX_API_KEY", f"set, for {settings.juicebox_api_url}")
    else:
        fix = "set it, or register the webhook by hand"
        yield warning("JUICEBOX_API_KEY", "not set: 'webhook create' needs it", fix)
    yield _public_url(settings)


def _public_url(settings: Settings) -> Finding:
    name, url = "PUBLIC_URL", settings.public_url
    no_link = "emails have no link to unsubscribe"
    if url is None:
        text = f"not set: {no_link}, and 'webhook create' needs the URL as an argument"
        return warning(name, text, "set it to the https:// URL of this bot")
    if url.scheme != "https":
        text = f"not https: Juicebox and Slack would refuse it, and {no_link}"
        return warning(name, text, "begin it with https://")
    if settings.unsubscribe_links is None:
        fix = "make it shorter, without a query"
        return warning(name, f"set, but {no_link}: it has a query or is too long", fix)
    return ok(name, str(url))


def _search_url(settings: Settings) -> Finding:
    name, template = "SEARCH_URL_TEMPLATE", settings.search_url_template
    if template is None:
        return ok(name, "not set: messages about searches have no button")
    url = settings.policy.search_url(_SEARCH)
    if url is None:
        text = "set, with a field that search.completed is not known to have: only searches that have it get a button"
        return note(name, text)
    return ok(name, f"{url}, for example")
