"""Which proxy a call goes through: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from bot.errors import SettingsError, SettingsProblem

_KINDS = {"https": "https", "wss": "https", "http": "http", "ws": "http"}
"""The variable of each scheme; a WebSocket takes the way of the page that would open it."""


def proxy_for(url: str) -> str | None:
    """The proxy of the environment for a call of this address; None for a direct connection.

    The variables are read in either case, the one in small letters first, as curl does it. NO_PROXY
    lists hosts, domains, networks such as 10.0.0.0/8, or `*`:
    https://everything.curl.dev/usingcurl/proxies/env.html
    aiohttp's `trust_env` would also read passwords out of ~/.netrc, and slack_sdk knows of no
    NO_PROXY, and sends calls of http:// through HTTPS_PROXY.

    Raises:
        ValueError: if the address is none.
        SettingsError: if the variable names a kind of proxy that aiohttp does not speak to.
    """
    target = urlsplit(url)
    kind = _KINDS.get(target.scheme, "")
    variables = getproxies_environment()
    proxy = variables.get(kind, "").strip()
    if not proxy or _is_excepted(target.hostname or "", target.netloc, variables.get("no", "")):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(address).scheme not in {"http", "https"}:
        name = f"{kind.upper()}_PROXY"
        found = urlsplit(address).scheme
        problem = f"must begin with http:// or https://, got {found!r}"
        raise SettingsError([SettingsProblem(name, problem)])
    return address


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
