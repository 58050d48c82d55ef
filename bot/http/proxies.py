"""Which proxy a call goes through: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from bot.errors import SettingsError, SettingsProblem

_KINDS = {"https": "https", "wss": "https", "http": "http", "ws": "http"}
"""The variable of each scheme; a WebSocket uses that of https or http."""


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this URL, or None to connect directly.

    Upper and lower case names are read, and lower case wins, as in curl. NO_PROXY
    lists hosts, domains, networks such as 10.0.0.0/8, or `*`:
    https://everything.curl.dev/usingcurl/proxies/env.html
    aiohttp's `trust_env` would also read passwords out of ~/.netrc, and slack_sdk ignores
    NO_PROXY, and sends requests to http:// through HTTPS_PROXY.

    Raises:
        ValueError: if the URL is malformed.
        SettingsError: if the variable holds no URL, or names a kind of proxy that aiohttp does not
            support.
    """
    target = urlsplit(url)
    kind = _KINDS.get(target.scheme, "")
    variables = getproxies_environment()
    proxy = variables.get(kind, "").strip()
    if not proxy or _is_excepted(target.hostname or "", target.netloc, variables.get("no", "")):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    problem = _problem_with(address)
    if problem:
        raise SettingsError([SettingsProblem(f"{kind.upper()}_PROXY", problem)])
    return address


def _problem_with(address: str) -> str:
    """What is wrong with a proxy's address, or nothing; the address may hold a password."""
    try:
        parts = urlsplit(address)
        place = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:  # the port is no number up to 65535, or a bracket is missing
        place = False
    else:
        if parts.scheme not in {"http", "https"}:
            return f"must begin with http:// or https://, got {parts.scheme!r}"
    return "" if place else "must be an address such as http://proxy.example.com:3128"


def _is_excepted(host: str, netloc: str, no_proxy: str) -> bool:
    return bool(
        proxy_bypass(host)
        or proxy_bypass(netloc.rpartition("@")[2])
        or _is_in_a_network(host, no_proxy)
    )


def _is_in_a_network(host: str, no_proxy: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(_contains(part.strip(), address) for part in no_proxy.split(","))


def _contains(network: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        return address in ip_network(network, strict=False)
    except ValueError:
        return False
