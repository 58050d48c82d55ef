"""Where a link in a message may lead: to https alone, and to the hosts that a setting names."""

import re
from collections.abc import Iterable

_IN_ASCII = re.ASCII | re.IGNORECASE
"""Beyond ASCII, Python takes the long s and the Kelvin sign for letters of other cases."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_WEB = re.compile(rf"https://({_NAME}|\[[0-9a-f:.]+\])\.?(?::\d{{1,5}})?(?=[/?#]|\Z)", _IN_ASCII)
"""What every program takes for the same host: none with a user name before it, a backslash, a
percent sign, or letters that one of them folds into others (the German sharp s, full-width ones)."""
_HOST = re.compile(rf"(?:\*?\.(?={_LABEL}\.))?({_NAME})", _IN_ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", _IN_ASCII)
"""At the end of a name it makes an address of it, which has many spellings."""
_LONGEST_NAME = 253


def host_pattern(text: str) -> str:
    """`Exports.Example.com` as `exports.example.com`; `*.example.com` as `.example.com`.

    Raises:
        ValueError: if it is neither a host's name nor `*.` or `.` before one.
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
    """Whether a message may make a link of this address.

    `hosts` are patterns made by `host_pattern`: one of them must fit; any host will do if there are
    none. A port does not matter, nor does a dot at the end of the name.
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
