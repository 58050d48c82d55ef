"""Which URLs a message may link: https only, and only to the hosts in the settings."""

import re
from collections.abc import Iterable

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
