"""Which URLs a message may link: https only, and only to the hosts in the settings.

A URL template, such as `https://app.example.com/searches/{searchId}`, makes such URLs of an event's fields.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

_IN_ASCII = re.ASCII | re.IGNORECASE
"""Without re.ASCII, the long s and the Kelvin sign match as s and k."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_WEB = re.compile(rf"https://({_NAME}|\[[0-9a-f:.]+\])\.?(?::\d{{1,5}})?(?=[/?#]|\Z)", _IN_ASCII)
"""URLs whose host all programs agree on: without a user name, a backslash, a percent sign, or letters
that some programs convert to others (such as the German sharp s or full-width letters)."""
_HOST = re.compile(rf"(?:\*?\.(?={_LABEL}\.))?({_NAME})", _IN_ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", _IN_ASCII)
"""A name whose last label is a number is an IP address, which can be written in many ways."""
_LONGEST_NAME = 253
_PLACEHOLDER = re.compile(r"\{([a-z]\w*)\}", _IN_ASCII)
_LONGEST_FILLED = 2_000
"""Of a URL made from a template: https://www.rfc-editor.org/rfc/rfc9110#section-4.1-5 asks for 8,000, but
a button in Slack has at most 3,000 and old programs about 2,000."""
_DOT_SEGMENTS = {".", ".."}
"""As a part of a path, they lead to another one, even if they are percent-encoded:
https://url.spec.whatwg.org/#double-dot-path-segment"""


def host_pattern(text: str) -> str:
    """Return `Exports.Example.com` as `exports.example.com`, and `*.example.com` as `.example.com`.

    Raises:
        ValueError: if it is not the name of a host, with or without `*.` or `.` before it.
    """
    name = text.strip().removesuffix(".")
    found = _HOST.fullmatch(name)
    if found is None or len(name) > _LONGEST_NAME or _NUMBER.fullmatch(found[1].split(".")[-1]):
        raise ValueError(
            "give names of hosts, such as exports.example.com, or *.example.com for all below it:"
            " no scheme, port or path, and an international name as xn--…"
        )
    return name.removeprefix("*").lower()


def may_link(url: str, hosts: Iterable[str]) -> bool:
    """Return whether a message may link this URL.

    The host must match one of `hosts`, which are patterns made by `host_pattern`; without patterns,
    any host is allowed. The port and a dot at the end of the name are ignored.
    """
    found = _WEB.match(url)
    if found is None:
        return False
    host, patterns = found[1].lower(), tuple(hosts)
    if not patterns:
        return True
    return any(
        host == pattern or (pattern.startswith(".") and host.endswith(pattern))
        for pattern in patterns
    )


def url_template(text: str) -> str:
    """Return the template of a URL unchanged.

    Raises:
        ValueError: if it has no placeholder or anything else in braces, or its URLs could not be linked.
    """
    fixed = _PLACEHOLDER.sub("", text)
    if fixed == text or set("{}") & set(fixed):
        raise ValueError("must have fields of the event in braces, such as {searchId}")
    if not may_link(text, ()) or not text.isprintable() or " " in text:
        raise ValueError("must be https://, a host without placeholders, and a path")
    return text


def fill_url(template: str, fields: Mapping[str, object]) -> str | None:
    """Return the URL with each field percent-encoded.

    None if a field is missing or neither text nor a number, or if a message may not link the result.
    """
    values = {name: _encoded(fields.get(name)) for name in _PLACEHOLDER.findall(template)}
    url = _PLACEHOLDER.sub(lambda found: values[found[1]], template)
    fits = all(values.values()) and len(url) <= _LONGEST_FILLED
    return url if fits and may_link(url, ()) else None


def _encoded(value: object) -> str:
    """Return the value for use within a part of a path; an empty string if it cannot be used there."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()
    return "" if text in _DOT_SEGMENTS else quote(text, safe="", errors="replace")
