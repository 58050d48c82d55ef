"""Maps every failure of a call to Slack to a DeliveryError."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import DeliveryError
from bot.model.outgoing import ARCHIVED
from bot.transports.slack.client import UNREADABLE
from bot.transports.slack.replies import refusal_in

_MIN_WAIT, _DEFAULT_WAIT, _MAX_WAIT = 1, 30, 3_600
"""Limits of `Retry-After` in seconds."""

# https://docs.slack.dev/apis/web-api/rate-limits; chat.postMessage spells it with an underscore.
_RATE_LIMITED = {"ratelimited", "rate_limited"}

# https://docs.slack.dev/reference/methods/chat.postMessage#errors: of fatal_error Slack says that
# part of the call may have succeeded, and the others do not say that it has not.
_TRANSIENT_MAYBE_POSTED = {
    *("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    *("team_added_to_org", "org_login_required", "unknown_error"),
}
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
# https://docs.slack.dev/reference/methods/conversations.open#errors
_TRANSIENT_NOT_POSTED = {
    *("external_channel_migrating", "fetch_members_failed", "message_limit_exceeded"),
}

_TOKEN = "Slack does not take SLACK_BOT_TOKEN; copy it again from the app's page"  # noqa: S105 - no token
_TEMPLATE = "Slack refuses what the template makes; see python -m bot preview"
_FORBIDDEN = "the workspace's rules forbid posting to {target}; ask its administrators"
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_PERMANENT = {
    "channel_not_found": "no channel {target} that this bot can see; check SLACK_CHANNEL and invite the bot",
    "not_in_channel": "the bot is not in {target}; invite it there",
    "is_archived": "{target} is archived; check SLACK_CHANNEL",
    "missing_scope": "the bot lacks the scope {needed}; grant it and install the app again",
    "user_not_found": "no user {target} in this workspace",
    "user_disabled": "the user {target} has left",
    "cannot_dm_bot": "{target} is a bot, and bots take no direct messages",
    "messages_tab_disabled": "the app's Messages tab is off; turn it on under App Home",
    **dict.fromkeys(("not_authed", "invalid_auth", "token_revoked", "token_expired"), _TOKEN),
    **dict.fromkeys(("account_inactive", "not_allowed_token_type"), _TOKEN),
    **dict.fromkeys(("invalid_blocks", "invalid_blocks_format", "no_text"), _TEMPLATE),
    **dict.fromkeys(("msg_too_long", "msg_blocks_too_long"), _TEMPLATE),
    **dict.fromkeys(("restricted_action", "ekm_access_denied", "accesslimited"), _FORBIDDEN),
    **dict.fromkeys(
        (f"restricted_action_{rule}_channel" for rule in ("read_only", "thread_only")), _FORBIDDEN
    ),
}

_GONE = {
    "is_archived": ARCHIVED,
    "channel_not_found": "the channel is deleted, or the bot cannot see it",
    "not_in_channel": "the bot is not in the channel any more",
}

_BEFORE_REQUEST = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)
"""Raised before a request is written: no address, no connection, no TLS, or a proxy refuses."""


@contextmanager
def as_delivery_errors(target: str) -> Iterator[None]:
    """Raise DeliveryError for any failure of a call about the channel or user `target`."""
    try:
        yield
    except SlackApiError as error:
        raise _from_api_error(error, target) from error
    except _BEFORE_REQUEST as error:
        reason = f"Slack cannot be reached ({type(error).__name__})"
        raise DeliveryError.transient(reason) from error
    except TimeoutError as error:
        raise _maybe_posted("Slack did not answer in time") from error
    except (aiohttp.ClientError, OSError) as error:
        raise _maybe_posted(f"the connection to Slack broke ({type(error).__name__})") from error
    except UNREADABLE as error:
        raise _maybe_posted("Slack's answer is not readable") from error


def permanent_error(code: str, target: str, needed: str = "") -> DeliveryError:
    """Return the error for Slack's `code` with its fix; `needed` names the missing scopes."""
    text = _PERMANENT.get(code, "Slack refuses the call")
    text = text.format(target=_clean(target), needed=_clean(needed))
    return DeliveryError.permanent(f"{code}: {text}", gone=_GONE.get(code, ""))


def _maybe_posted(reason: str) -> DeliveryError:
    return DeliveryError.transient(reason, maybe_delivered=True)


def _from_api_error(error: SlackApiError, target: str) -> DeliveryError:
    response, refusal = error.response, refusal_in(error.response)
    status = response.status_code if isinstance(response, AsyncSlackResponse) else response.status
    code = _clean(refusal.error or "")
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in _RATE_LIMITED:
        wait = _wait(response.headers.get("Retry-After", ""))
        return DeliveryError.rate_limited(f"Slack asks to wait {wait.seconds} s", wait)
    if code in _TRANSIENT_NOT_POSTED:
        return DeliveryError.transient(
            f"{code}: Slack cannot post to {_clean(target)} at the moment"
        )
    is_server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if code in _TRANSIENT_MAYBE_POSTED or (is_server_error and code not in _PERMANENT):
        return _maybe_posted(f"{code or f'HTTP {status}'}: Slack is having trouble")
    if code:
        return permanent_error(code, target, refusal.needed or "that it needs")
    return _not_from_slack(status)


def _not_from_slack(status: int) -> DeliveryError:
    """Return the error for a reply of a load balancer, a firewall or a proxy.

    The message may have been posted: such a reply can be sent after a timeout.
    """
    if status == HTTPStatus.NOT_FOUND:
        return DeliveryError.permanent(
            f"HTTP {status}: this is not Slack's API; check SLACK_API_URL"
        )
    if status == HTTPStatus.OK:
        return _maybe_posted("Slack's answer is not readable")
    return _maybe_posted(
        f"HTTP {status}: not an answer of Slack's API; a firewall, a proxy or Slack's own servers"
        " refused the call on its way"
    )


def _wait(retry_after: str) -> timedelta:
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        seconds = _DEFAULT_WAIT
    return timedelta(seconds=math.ceil(min(max(seconds, _MIN_WAIT), _MAX_WAIT)))


def _clean(text: str) -> str:
    """Remove what is not part of a name or a scope: the reply may come from any server."""
    return re.sub(r"[^\w#:,. \-]", "", text)[:100]
