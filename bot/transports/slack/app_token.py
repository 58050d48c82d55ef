"""What is wrong with an app-level token that Slack refuses, and what to do about it."""

PREFIX = "xapp-"
SCOPE = "connections:write"

_PLACE = "on the app's page, 'Basic Information', 'App-Level Tokens'"
_FIXES = {
    "missing_scope": f"give it the scope {SCOPE} {_PLACE}",
    "ratelimited": "wait a minute: Slack counts how often a socket is asked for",
}


def fix_for(error: str) -> str:
    """What to do about Slack's `error` for `apps.connections.open`.

    https://docs.slack.dev/reference/methods/apps.connections.open#errors
    """
    new = f"make one that begins with {PREFIX} and has the scope {SCOPE} {_PLACE}"
    return _FIXES.get(error, new)
