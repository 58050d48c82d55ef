"""Posts to another server, and explains what went wrong."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp

from bot.commands import CommandError
from bot.http.proxies import proxy_for
from bot.logging.exceptions import in_words

_TIMEOUT = aiohttp.ClientTimeout(total=15)
_MAX_BYTES = 64 * 1024


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """Return the status and the beginning of the response; redirects are not followed.

    Raises:
        CommandError: if there is no response.
        SettingsError: if the environment names an unsupported kind of proxy.
    """
    return asyncio.run(_post(url, body, {"Content-Type": "application/json", **headers}))


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.post(
                url, data=body, headers=headers, allow_redirects=False, proxy=proxy_for(url)
            ) as response,
        ):
            text = await response.content.read(_MAX_BYTES)
            return response.status, text.decode(errors="replace")
    except (ValueError, aiohttp.NonHttpUrlClientError) as error:  # InvalidURL is a ValueError
        raise CommandError(f"{url} is not an http:// or https:// address") from error
    except aiohttp.ClientHttpProxyError as error:
        raise CommandError(
            f"{host_and_port(url)}: the proxy answers {error.status} (HTTPS_PROXY)"
        ) from error
    except aiohttp.ClientProxyConnectionError as error:
        raise CommandError(f"the proxy of HTTPS_PROXY or HTTP_PROXY: {in_words(error)}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise CommandError(f"{host_and_port(url)}: {in_words(error)}") from error


def host_and_port(url: str) -> str:
    """Return the host and port of a URL, without its password."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.hostname or parts.path}{port}"
