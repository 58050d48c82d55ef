"""Jinja filters that format numbers, times, lists and links.

In a template, every filter returns None for None, so that an absent detail can be left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bot.rendering.graphemes import cut

Number = int | float
Filter = Callable[..., Any]
_BAR_WIDTH = 10
_NAMES_SHOWN = 20
_URL_PUNCTUATION = ":/?#[]@!$&'()*+,;=-._~%"
"""https://www.rfc-editor.org/rfc/rfc3986#section-2"""
_ZERO_WIDTH_SPACE = "\u200b"
"""After each dot, it keeps mail programs from turning a host name into a link."""
_LINKABLE = re.compile(r"(?<=[^\W\d])\.(?=\w)|(?<=\w)\.(?=[^\W\d])|://?(?=\S)|@(?=\w)")
"""Where a program may see a host name, a URL or an address; not within a number."""
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def number(value: Number) -> str:
    """Format `1204` as `1,204`, with up to three decimals."""
    whole = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return "0" if whole == "-0" else whole


def plural(count: Number, one: str, many: str = "") -> str:
    """Return `1 result` or `1,204 results`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def percent(part: Number, whole: Number) -> str:
    """Return the percentage with one decimal, such as `84.0%`, or a dash if `whole` is not positive.

    A part below the whole is never rounded up to 100 %: 99.98 % is `99.9%`.
    """
    if whole <= 0:
        return "—"
    shown = f"{part / whole * 100:,.1f}%"
    return "99.9%" if part < whole and shown == "100.0%" else shown


def share(part: Number, whole: Number) -> int:
    """Return the percentage as an integer from 0 to 100, for drawing."""
    return int(_share(part, whole) * 100)


def bar(part: Number, whole: Number, width: int = _BAR_WIDTH) -> str:
    """Draw a bar of `width` characters, which is full only from 100 %."""
    full = int(_share(part, whole) * width)
    return "▰" * full + "▱" * (width - full)


def date(epoch: int) -> str:
    """Format seconds since 1970 as `15 Jan 2026, 14:30 UTC`."""
    return f"{day(epoch)}, {_utc(epoch):%H:%M} UTC"


def day(epoch: int) -> str:
    """Format seconds since 1970 as `15 Jan 2026`."""
    return f"{_utc(epoch).day} {_utc(epoch):%b %Y}"


def until(epoch: int, now: int) -> str:
    """Return how far a moment is from now: `in 3 days`, `in 36 hours` or `in less than a minute`.

    It is rounded, and in the largest unit of which there are at least two.
    """
    seconds = max(0, epoch - now)
    for size, unit in _UNITS:
        count = (seconds + size // 2) // size
        if count > 1:
            return f"in {plural(count, unit)}"
    return "in 1 minute" if seconds >= _UNITS[-1][0] else "in less than a minute"


def listing(names: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """Join names as `email, phone +3 more`."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" +{rest:,} more" if rest > 0 else "")


def link(url: str) -> str:
    """Percent-encode what RFC 3986 does not allow.

    mrml writes backslashes and combining accents into attributes as Rust's `{:?}` does.
    """
    return quote(url, safe=_URL_PUNCTUATION)


def unlinked(url: str) -> str:
    """Return the host and the path of a URL as text that no program turns into a link.

    The user name is left out since it can mislead, and the query since it can hold a signature.
    """
    after_scheme = quote(url, safe=_URL_PUNCTUATION).partition("://")[2]
    authority, _, rest = after_scheme.partition("/")
    host = re.split(r"[?#]", authority)[0].rpartition("@")[2]
    path = re.split(r"[?#]", rest)[0]
    return f"{host}/{path}".removesuffix("/").replace(".", f".{_ZERO_WIDTH_SPACE}")


def no_links(text: str) -> str:
    """Return the text with nothing in it that a mail program turns into a link."""
    return _LINKABLE.sub(lambda found: found[0] + _ZERO_WIDTH_SPACE, text)


def _share(part: Number, whole: Number) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 1.0


def _utc(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def named_filters(*functions: Filter) -> Mapping[str, Filter]:
    """Return the functions by their names, as filters that return None for None."""
    return {function.__name__: _keep_none(function) for function in functions}


def _keep_none(function: Filter) -> Filter:
    return lambda value, *args, **options: (
        None if value is None else function(value, *args, **options)
    )


COMMON = named_filters(
    *(number, plural, percent, share, bar, date, day, until, listing, cut, link, unlinked, no_links)
)
