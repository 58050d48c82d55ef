"""The scopes that the bot's tokens need: https://docs.slack.dev/reference/scopes."""

from collections.abc import Mapping

REQUIRED_SCOPES: Mapping[str, str] = {
    "chat:write": "to post messages",
    "commands": "for /juicebox",
    "channels:history": "to see whether a message got through before posting it again",
    "channels:read": "to find channels by name",
    "users:read": "to tell members from guests, and for a person's time zone",
}
PRIVATE_SCOPES: Mapping[str, str] = {
    "groups:history": "to see whether a message in a private channel got through",
    "groups:read": "to find private channels by name",
}
"""Needed if the bot is in a private channel."""
DIRECT_SCOPES: Mapping[str, str] = {
    "im:write": "to write to a person, where SLACK_CHANNEL is a user's id",
    "im:history": "to see whether a direct message got through",
}
"""Needed if the settings have a user's id instead of a channel."""

OPTIONAL_SCOPES: Mapping[str, str] = {
    "users:read.email": "optional: lets people subscribe by email",
}

SCOPES: Mapping[str, str] = {
    **REQUIRED_SCOPES,
    **PRIVATE_SCOPES,
    **DIRECT_SCOPES,
    **OPTIONAL_SCOPES,
}

APP_TOKEN_PREFIX = "xapp-"  # noqa: S105 - no token
_SOCKET_SCOPE = "connections:write on the app's page, 'Basic Information', 'App-Level Tokens'"


def app_token_fix(error: str) -> str:
    """Return what to do about this error of `apps.connections.open`, which opens a socket.

    https://docs.slack.dev/reference/methods/apps.connections.open#errors
    """
    if error == "ratelimited":
        return "wait a minute: Slack limits how often a socket can be opened"
    if error == "missing_scope":
        return f"give it the scope {_SOCKET_SCOPE}"
    return f"make one that begins with {APP_TOKEN_PREFIX} and has the scope {_SOCKET_SCOPE}"
