"""Selects the proxy for an outgoing request from HTTPS_PROXY, HTTP_PROXY and NO_PROXY."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from bot.errors import SettingsError, SettingsProblem

_VARIABLES = {"https": "https", "wss": "https", "http": "http", "ws": "http"}
"""The prefix of the variable for each scheme; WebSockets use those of https and http."""


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment configures for this URL, or None to connect directly.

    Names in upper and lower case are read; lower case takes precedence, as in curl. NO_PROXY lists
    hosts, domains, networks such as 10.0.0.0/8, or `*`:
    https://everything.curl.dev/usingcurl/proxies/env.html
    aiohttp's `trust_env` would also read passwords from ~/.netrc; slack_sdk ignores NO_PROXY, and
    sends requests for http:// through HTTPS_PROXY.

    Raises:
        ValueError: if the URL is malformed.
        SettingsError: if the variable is not a URL, or aiohttp does not support the proxy's scheme.
    """
    target = urlsplit(url)
    variable = _VARIABLES.get(target.scheme, "")
    variables = getproxies_environment()
    proxy = variables.get(variable, "").strip()
    if not proxy or _is_excepted(target.hostname or "", target.netloc, variables.get("no", "")):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    problem = _problem_with(address)
    if problem:
        raise SettingsError([SettingsProblem(f"{variable.upper()}_PROXY", problem)])
    return address


def _problem_with(address: str) -> str:
    """Return what is wrong with a proxy's address, or nothing. It may contain a password: never quote it."""
    try:
        parts = urlsplit(address)
        is_valid = parts.hostname and parts.port != 0
    except ValueError:  # the port is not a number up to 65535, or a bracket is missing
        is_valid = False
    else:
        if parts.scheme not in {"http", "https"}:
            return f"must begin with http:// or https://, got {parts.scheme!r}"
    return "" if is_valid else "must be an address such as http://proxy.example.com:3128"


def _is_excepted(host: str, netloc: str, no_proxy: str) -> bool:
    if proxy_bypass(host) or proxy_bypass(netloc.rpartition("@")[2]):
        return True
    return any(_contains(part.strip(), host) for part in no_proxy.split(","))


def _contains(network: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:  # one of them is a name
        return False
