"""Slack's three escapes, undone."""


def unescape(text: str) -> str:
    """The text as it was before `<`, `>` and `&` were escaped.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
