"""One POST to another server, and its answer or a sentence that says what is wrong."""

import asyncio
from collections.abc import Mapping

import aiohttp

from bot.commands import Stop
from bot.doctor.redis import where
from bot.http.proxies import proxy_for
from bot.logging.exceptions import in_words

_PATIENCE = aiohttp.ClientTimeout(total=15)
_MOST_BYTES = 64 * 1024


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """The answer's status, and the beginning of its text. Redirects are not followed.

    Raises:
        Stop: if there is no answer.
        SettingsError: if the environment names a proxy of a kind that is not supported.
    """
    return asyncio.run(_post(url, body, {"Content-Type": "application/json", **headers}))


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.post(
                url, data=body, headers=headers, allow_redirects=False, proxy=proxy_for(url)
            ) as answer,
        ):
            text = await answer.content.read(_MOST_BYTES)
            return answer.status, text.decode(errors="replace")
    except (ValueError, aiohttp.NonHttpUrlClientError) as error:  # InvalidURL is a ValueError
        raise Stop(f"{url} is not an http:// or https:// address") from error
    except aiohttp.ClientHttpProxyError as error:
        raise Stop(f"{where(url)}: the proxy answers {error.status} (HTTPS_PROXY)") from error
    except aiohttp.ClientProxyConnectionError as error:
        raise Stop(f"the proxy of HTTPS_PROXY or HTTP_PROXY: {in_words(error)}") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Stop(f"{where(url)}: {in_words(error)}") from error
