"""An email's HTML for the page's frame: in either color scheme, with links that open in new tabs."""

import re
from enum import StrEnum

from bot.playground.deployment import PUBLIC_URL
from bot.unsubscribe.links import PATH as UNSUBSCRIBE

_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_STYLE = re.compile(r"<style\b.*?</style>", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


class Scheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


def with_local_links(body: str, url: str) -> str:
    """Return an email's text or HTML with links to unsubscribe at the local bot."""
    return body.replace(f"{PUBLIC_URL}{UNSUBSCRIBE}/", f"{url}{UNSUBSCRIBE}/")


def render_in_scheme(scheme: Scheme, html: str) -> str:
    """Return the email as shown to a reader who prefers this scheme, whatever this browser prefers."""
    condition = _ALWAYS if scheme is Scheme.DARK else _NEVER
    styled = _STYLE.sub(lambda style: _DARK.sub(condition, style[0]), html)
    base = '<base target="_blank">'
    return _HEAD.sub(lambda head: head[0] + base, styled, count=1)
