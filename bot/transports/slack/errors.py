"""Every way in which a call to Slack fails, and what that means for the next attempt."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import DeliveryError
from bot.transports.slack.client import UNREADABLE
from bot.transports.slack.replies import Refusal, refusal_in

_LEAST_WAIT, _MOST_WAIT, _USUAL_WAIT = 1, 3_600, 30
_TOO_MANY_REQUESTS = 429
_NOT_FOUND = 404
_SERVER_ERROR = 500
_OK = 200

# https://docs.slack.dev/apis/web-api/rate-limits; chat.postMessage spells it with an underscore.
_PACED = frozenset({"ratelimited", "rate_limited"})

# https://docs.slack.dev/reference/methods/chat.postMessage#errors: of fatal_error Slack says that
# part of the call may have succeeded, and the others do not say that it has not.
_PASSING = frozenset(
    {
        *("internal_error", "fatal_error", "service_unavailable", "request_timeout"),
        *("team_added_to_org", "org_login_required", "unknown_error"),
    }
)
# Nothing has been posted, and a later call can succeed: of the channel, of its members, and of the
# messages of the whole workspace. https://docs.slack.dev/reference/methods/chat.postMessage#errors
# https://docs.slack.dev/reference/methods/conversations.open#errors
_NOT_YET = frozenset(
    {"external_channel_migrating", "fetch_members_failed", "message_limit_exceeded"}
)

_TOKEN = "Slack does not take SLACK_BOT_TOKEN; copy it again from the app's page"  # noqa: S105 - no token
_TEMPLATE = "Slack refuses what the template makes; see python -m bot preview"
_FORBIDDEN = "the workspace's rules forbid posting to {target}; ask its administrators"
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
_FIXES = {
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

_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)
"""Raised before a request is written: no connection, no address, no TLS, no way through the proxy."""


@contextmanager
def as_delivery_errors(target: str) -> Iterator[None]:
    """Raise DeliveryError for whatever goes wrong inside with a call about the channel `target`."""
    try:
        yield
    except SlackApiError as error:
        raise _refused(error, target) from error
    except _NEVER_SENT as error:
        kind = type(error).__name__
        raise DeliveryError.transient(f"Slack cannot be reached ({kind})") from error
    except TimeoutError as error:
        raise DeliveryError.transient(
            "Slack did not answer in time", maybe_delivered=True
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        kind = type(error).__name__
        raise DeliveryError.transient(
            f"the connection to Slack broke ({kind})", maybe_delivered=True
        ) from error
    except UNREADABLE as error:
        raise DeliveryError.transient(
            "Slack's answer is not readable", maybe_delivered=True
        ) from error


def refusal(name: str, target: str, needed: str = "") -> DeliveryError:
    """What to make of Slack's error `name` in a call about the channel `target`, and the mend."""
    fix = _FIXES.get(name, "Slack refuses the call")
    told = fix.format(target=_clean(target), needed=_clean(needed))
    return DeliveryError.permanent(f"{name}: {told}")


def _refused(error: SlackApiError, target: str) -> DeliveryError:
    status, body = _read(error.response)
    name = _clean(body.error or "")
    said = name or f"HTTP {status}"
    if status == _TOO_MANY_REQUESTS or name in _PACED:
        wait = _wait(error.response.headers.get("Retry-After", ""))
        return DeliveryError.rate_limited(f"Slack asks to wait {wait.seconds} s", wait)
    if name in _NOT_YET:
        return DeliveryError.transient(
            f"{name}: Slack cannot post to {_clean(target)} at the moment"
        )
    if name in _PASSING or (status >= _SERVER_ERROR and name not in _FIXES):
        return DeliveryError.transient(f"{said}: Slack is having trouble", maybe_delivered=True)
    if name:
        return refusal(name, target, body.needed or "that it needs")
    return _not_slacks(status)


def _not_slacks(status: int) -> DeliveryError:
    """What to make of an answer that is not Slack's: a load balancer, a firewall or a proxy gave it.

    The call may have got through to Slack before that: such an answer can be a timeout's.
    """
    if status == _NOT_FOUND:
        return DeliveryError.permanent(
            f"HTTP {status}: this is not Slack's API; check SLACK_API_URL"
        )
    if status == _OK:
        return DeliveryError.transient("Slack's answer is not readable", maybe_delivered=True)
    return DeliveryError.transient(
        f"HTTP {status}: not an answer of Slack's API; a firewall, a proxy or Slack's own servers"
        " refused the call on its way",
        maybe_delivered=True,
    )


def _read(response: AsyncSlackResponse | aiohttp.ClientResponse) -> tuple[int, Refusal]:
    """The HTTP status and the body."""
    if isinstance(response, AsyncSlackResponse):
        return response.status_code, refusal_in(response)
    return response.status, refusal_in(response)


def _wait(retry_after: str) -> timedelta:
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        seconds = _USUAL_WAIT
    return timedelta(seconds=math.ceil(min(max(seconds, _LEAST_WAIT), _MOST_WAIT)))


def _clean(text: str) -> str:
    """Names and scopes as Slack spells them, whatever else a stranger's server puts there."""
    return re.sub(r"[^\w#:,. \-]", "", text)[:100]
