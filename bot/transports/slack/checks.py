"""Checks of Slack: tokens, scopes and channels."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.logging.exceptions import in_words
from bot.model.finding import Finding, failure, note, ok, warning
from bot.transports.slack.client import UNREADABLE, find_channel, slack_client
from bot.transports.slack.ids import is_conversation, is_direct_message, is_user
from bot.transports.slack.replies import AuthTest, Channel, ChannelInfo, refusal_in
from bot.transports.slack.scopes import (
    APP_TOKEN_PREFIX,
    DIRECT_SCOPES,
    OPTIONAL_SCOPES,
    PRIVATE_SCOPES,
    REQUIRED_SCOPES,
    SCOPES,
    app_token_fix,
)
from bot.transports.slack.settings import SlackSettings

_CALL_TIMEOUT = 4

_CALL_ERRORS = (SlackClientError, aiohttp.ClientError, OSError, *UNREADABLE)
"""Raised by a call, or by the model of its reply."""


def check_slack_settings(settings: SlackSettings) -> Iterable[Finding]:
    """Check the settings alone."""
    if not settings.slack_on:
        yield note("Slack", "off: SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET are not set")
        return
    yield ok("SLACK_SIGNING_SECRET", "set; tested by the first slash command")
    if settings.slack_app_token:
        yield note("SLACK_APP_TOKEN", "set: Socket Mode instead of HTTP, meant for development")
    if settings.slack_channel is None:
        yield note("SLACK_CHANNEL", "not set: recruiters get no messages in Slack")
    if settings.slack_admins:
        text = f"{len(settings.slack_admins)} set: nobody else may change what a channel gets"
        yield ok("SLACK_ADMINS", text)
    else:
        yield ok("SLACK_ADMINS", "not set: every member may change what a channel gets")


async def check_slack(
    settings: SlackSettings, _: Collection[str] = (), *, channel_timeout: float = 6.0
) -> list[Finding]:
    """Check the tokens, their scopes and the channels, without posting.

    `channel_timeout` is in seconds, for all calls that look up one channel. Two channels and
    `auth.test` fit into the timeout of doctor's check.
    """
    if settings.slack_bot_token is None:
        return []
    token = settings.slack_bot_token.get_secret_value()
    slack = slack_client(token, str(settings.slack_api_url), timeout=_CALL_TIMEOUT)
    bot, app = await asyncio.gather(
        _check_bot(slack, settings, channel_timeout), _check_app_token(slack, settings)
    )
    return [*bot, *app]


async def _check_bot(
    slack: AsyncWebClient, settings: SlackSettings, channel_timeout: float
) -> list[Finding]:
    """Check the bot's token, its scopes and its channels."""
    try:
        answer = await slack.auth_test()
        who = AuthTest.model_validate(answer.data)
    except _CALL_ERRORS as error:
        return [_auth_failure(error, settings)]
    found = [ok("SLACK_BOT_TOKEN", f"{who.user} in {who.team}")]
    named = {"SLACK_CHANNEL": settings.slack_channel}
    named["SLACK_ALERT_CHANNEL"] = settings.slack_alert_channel
    channels = {name: channel for name, channel in named.items() if channel}
    direct = DIRECT_SCOPES if any(map(is_user, channels.values())) else {}
    found += _check_scopes(answer.headers, {**REQUIRED_SCOPES, **direct})
    for name, channel in channels.items():
        found.append(await _check_channel(slack, name, channel, who.user, channel_timeout))
    return found


def _auth_failure(error: Exception, settings: SlackSettings) -> Finding:
    if _code(error):
        fix = "copy it again from the app's page, 'OAuth & Permissions'"
        return failure("SLACK_BOT_TOKEN", f"Slack answers {_code(error)}", fix)
    fix = "check SLACK_API_URL and the network; status.slack.com says whether it is Slack"
    return failure("Slack", f"{settings.slack_api_url}: {_why(error)}", fix)


async def _check_app_token(slack: AsyncWebClient, settings: SlackSettings) -> list[Finding]:
    """Check whether Slack would open a socket, by asking for the URL of one."""
    if settings.slack_app_token is None:
        return []
    token, name = settings.slack_app_token.get_secret_value(), "SLACK_APP_TOKEN"
    if not token.startswith(APP_TOKEN_PREFIX):
        return [failure(name, f"it does not begin with {APP_TOKEN_PREFIX}", app_token_fix(""))]
    try:
        await slack.apps_connections_open(app_token=token)
    except _CALL_ERRORS as error:
        code = _code(error)
        if not code or code == "ratelimited":
            fix = "see the findings on Slack, and try again in a minute"
            return [warning("Socket Mode", f"could not be tried: {_why(error)}", fix)]
        return [failure(name, f"Slack answers {code}", app_token_fix(code))]
    return [ok("Socket Mode", "Slack opens a socket for SLACK_APP_TOKEN")]


def _code(error: Exception) -> str:
    """Return Slack's error code, or an empty string if the answer is not Slack's."""
    return (refusal_in(error.response).error or "") if isinstance(error, SlackApiError) else ""


def _why(error: Exception) -> str:
    if isinstance(error, (SlackApiError, *UNREADABLE)):
        code = _code(error)
        return f"Slack answers {code}" if code else "the answer is not one of Slack's"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy of HTTPS_PROXY answers {error.status}"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"the proxy of HTTPS_PROXY or HTTP_PROXY: {in_words(error)}"
    return in_words(error)


def _check_scopes(headers: Mapping[str, str], required: Mapping[str, str]) -> Iterable[Finding]:
    header = headers.get("x-oauth-scopes")
    if header is None:
        fix = "compare them on the app's page, 'OAuth & Permissions'"
        yield warning("Slack scopes", "Slack does not say which the token has", fix)
        return
    granted = {scope.strip() for scope in header.split(",")}
    fix = "add it on the app's page, 'OAuth & Permissions', and install the app again"
    for scope, reason in {**required, **PRIVATE_SCOPES}.items():
        if scope not in granted:
            report = failure if scope in required else warning
            yield report(f"Slack scope {scope}", f"missing: {reason}", fix)
    for scope, reason in OPTIONAL_SCOPES.items():
        if scope not in granted:
            yield note(f"Slack scope {scope}", f"missing; {reason}")
    if granted.issuperset(required):
        yield ok("Slack scopes", ", ".join(scope for scope in SCOPES if scope in granted))


async def _check_channel(
    slack: AsyncWebClient, setting: str, channel: str, bot: str, channel_timeout: float
) -> Finding:
    if is_user(channel) or is_direct_message(channel):
        return note(setting, "a person; not checked before the first message to them")
    try:
        async with asyncio.timeout(channel_timeout):
            found = await _look_up(slack, channel)
    except _CALL_ERRORS as error:
        return _lookup_failure(setting, channel, error)
    if found is None:
        return failure(setting, f"no channel {channel} that the bot can see", _invite(bot, channel))
    name = f"#{found.name}"
    if found.is_archived:
        return failure(setting, f"{name} is archived", "choose another channel, or unarchive it")
    if not found.is_member:
        return failure(setting, f"the bot is not a member of {name}", _invite(bot, name))
    return ok(setting, f"{name}, and the bot is in it")


def _invite(bot: str, channel: str) -> str:
    return f"type /invite @{bot} in {channel}, or fix the setting"


def _lookup_failure(setting: str, channel: str, error: Exception) -> Finding:
    if _code(error) == "channel_not_found":
        fix = "copy the channel's id from its details; into a private channel, invite the bot first"
        return failure(setting, f"Slack knows no channel {channel} that the bot can see", fix)
    text = f"{channel} could not be looked up: {_why(error)}"
    return failure(setting, text, "see the findings on Slack above")


async def _look_up(slack: AsyncWebClient, channel: str) -> Channel | None:
    """Return the channel with this id, or with this name if it is among the first 3,000."""
    if not is_conversation(channel):
        return await find_channel(slack, channel, page_size=1_000, max_pages=3)
    answer = await slack.conversations_info(channel=channel)
    return ChannelInfo.model_validate(answer.data).channel
