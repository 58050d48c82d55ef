"""Jinja filters for Slack's templates."""

import re

from markupsafe import Markup

from bot.rendering.escaping import json_string
from bot.rendering.filters import date, named_filters

_LOOKALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ʼ", ":": "∶"}  # noqa: RUF001  # on purpose
_STYLE_MARKS = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|`|:(?=[\w+'-]+:)")


def slack_date(epoch: int) -> Markup:
    """Return a time that Slack shows in the reader's time zone.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    return Markup(f"<!date^{int(epoch)}^{{date_short_pretty}} at {{time}}|{date(epoch)}>")  # noqa: S704  # made of a number


def opaque(text: str) -> Markup:
    """Escape a link or a button's value, which Slack does not show, for JSON only.

    What cannot be encoded becomes a question mark.
    """
    text = text.encode(errors="replace").decode()
    return Markup(json_string(text))  # noqa: S704  # escaped right here


def unstyled(text: str) -> str:
    """Replace `*`, `_`, `~`, backticks and the colons of `:tada:` by lookalikes where they change the text.

    Slack has no escape for them. Within a word they do not style, and stay.
    """
    return _STYLE_MARKS.sub(lambda found: _LOOKALIKES[found[0]], text)


FILTERS = named_filters(slack_date, opaque, unstyled)
