"""App-level tokens, which open the sockets of Socket Mode."""

PREFIX = "xapp-"
SCOPE = "connections:write"

_PLACE = "on the app's page, 'Basic Information', 'App-Level Tokens'"
_FIXES = {
    "missing_scope": f"give it the scope {SCOPE} {_PLACE}",
    "ratelimited": "wait a minute: Slack limits how often a socket can be opened",
}


def fix_for(error: str) -> str:
    """Return what to do about this error of `apps.connections.open`.

    https://docs.slack.dev/reference/methods/apps.connections.open#errors
    """
    default = f"make one that begins with {PREFIX} and has the scope {SCOPE} {_PLACE}"
    return _FIXES.get(error, default)
