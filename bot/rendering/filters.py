"""How numbers, moments and lists read in a message.

Every filter hands None on, so that a detail that is absent can be left out by whoever shows it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from markupsafe import Markup

from bot.rendering import graphemes
from bot.rendering.escaping import json_string

Number = int | float
_BAR_WIDTH = 20
_NAMES_SHOWN = 20
_NOT_QUITE, _ALL = "99.9%", "100.0%"
_IN_LINKS = ":/?#[]@!$&'()*+,;=-._~%"
"""What RFC 3986 lets stand in a link besides letters and digits."""
_NO_LINK = "\u200b"
"""A space of no width: behind each dot, it keeps mail programs from making a link of a host's name."""

_LIKENESS = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ʼ"}
_STYLING = re.compile(r"(?<!\w)[*_~]|[*_~](?!\w)|`")

V = TypeVar("V")
R = TypeVar("R")
P = ParamSpec("P")


def _none_stays_none(
    function: Callable[Concatenate[V, P], R],
) -> Callable[Concatenate[V | None, P], R | None]:
    @wraps(function)
    def tolerant(value: V | None, /, *args: P.args, **kwargs: P.kwargs) -> R | None:
        return None if value is None else function(value, *args, **kwargs)

    return tolerant


@_none_stays_none
def number(value: Number) -> str:
    """`1204` as `1,204`; decimals are shown as far as there are any, three at most."""
    whole = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return "0" if whole == "-0" else whole


@_none_stays_none
def plural(count: Number, one: str, many: str = "") -> str:
    """`1 result`, `1,204 results`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


@_none_stays_none
def percent(part: Number, whole: Number) -> str:
    """`84.0%`, rounded to one decimal, or a dash where there is no whole to be a part of.

    What is below the whole never reads as all of it: 99.98 % is `99.9%`.
    """
    if whole <= 0:
        return "—"
    shown = f"{part / whole * 100:,.1f}%"
    return _NOT_QUITE if part < whole and shown == _ALL else shown


@_none_stays_none
def share(part: Number, whole: Number) -> int:
    """Whole percents from 0 to 100, for things that are drawn."""
    return int(_share(part, whole) * 100)


@_none_stays_none
def bar(part: Number, whole: Number, width: int = _BAR_WIDTH) -> str:
    """A bar of `width` characters, full from 100 % on and not before."""
    full = int(_share(part, whole) * width)
    return "█" * full + "░" * (width - full)


@_none_stays_none
def date(epoch: int) -> str:
    """Seconds since 1970 as `15 Jan 2026, 14:30 UTC`."""
    return f"{day(epoch)}, {_utc(epoch):%H:%M} UTC"


@_none_stays_none
def day(epoch: int) -> str:
    """Seconds since 1970 as `15 Jan 2026`."""
    return f"{_utc(epoch).day} {_utc(epoch):%b %Y}"


@_none_stays_none
def slack_date(epoch: int) -> Markup:
    """A moment that Slack shows in the reader's own time zone.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    return Markup(f"<!date^{int(epoch)}^{{date_short_pretty}} at {{time}}|{date(epoch)}>")  # noqa: S704  # made of a number


@_none_stays_none
def listing(names: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """`email, phone +3 more`."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" +{rest:,} more" if rest > 0 else "")


@_none_stays_none
def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them an ellipsis where some had to go; no emoji is cut."""
    return graphemes.cut(text, limit)


@_none_stays_none
def link(url: str) -> str:
    """The same address in the characters that RFC 3986 allows.

    mrml writes a backslash or an accent of its own into an attribute as Rust's `{:?}` does.
    """
    return quote(url, safe=_IN_LINKS)


@_none_stays_none
def unlinked(url: str) -> str:
    """Where an address leads, as text that nobody makes a link of: its host and its path.

    Neither the user name before the host, which is there to mislead, nor what stands behind the
    path: a signature there is as good as a password.
    """
    after_scheme = quote(url, safe=_IN_LINKS).partition("://")[2]
    authority, _, rest = after_scheme.partition("/")
    host = re.split(r"[?#]", authority)[0].rpartition("@")[2]
    path = re.split(r"[?#]", rest)[0]
    return f"{host}/{path}".removesuffix("/").replace(".", f".{_NO_LINK}")


@_none_stays_none
def opaque(text: str) -> Markup:
    """For what Slack opens or hands back, and never shows: a link, a button's value."""
    return Markup(json_string(text))  # noqa: S704  # escaped right here


def _share(part: Number, whole: Number) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 1.0


def _utc(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


@_none_stays_none
def unstyled(text: str) -> str:
    """Text that says the same and cannot become bold, italic, struck or code within a line.

    Slack has no escape for `*`, `_`, `~` and the backtick, so they give way to their likenesses;
    what stands within a word is no markup, and stays.
    """
    return _STYLING.sub(lambda found: _LIKENESS[found[0]], text)


COMMON: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "plural": plural,
    "percent": percent,
    "share": share,
    "bar": bar,
    "date": date,
    "day": day,
    "listing": listing,
    "cut": cut,
    "link": link,
    "unlinked": unlinked,
}
SLACK_ONLY: Mapping[str, Callable[..., Any]] = {
    "slack_date": slack_date,
    "opaque": opaque,
    "unstyled": unstyled,
}
