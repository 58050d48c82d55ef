"""`webhook`: Juicebox is told where this bot is."""

from collections.abc import Iterable

import click
from pydantic_core import from_json, to_json

from bot.commands import NotSetUp, Stop
from bot.commands.http import post
from bot.environment import load
from bot.logging.printable import printable
from bot.registry import load_registry
from bot.rendering.graphemes import cut
from bot.settings import JuiceboxSettings

_PATH = "webhooks/juicebox"
_UNAUTHORIZED = 401
_LONGEST_MESSAGE = 300


@click.group(short_help="Tell Juicebox where this bot is.")
def command() -> None:
    """Tell Juicebox where this bot is."""


@command.command(short_help="Register this bot's address with Juicebox.")
@click.argument("url", required=False)
def create(url: str | None) -> None:
    """Register URL with Juicebox, for every type of event that a handler knows.

    Without URL: PUBLIC_URL and /webhooks/juicebox. Needs JUICEBOX_API_KEY.
    """
    settings = load(JuiceboxSettings)
    if settings.juicebox_api_key is None:
        raise NotSetUp("JUICEBOX_API_KEY is missing: only with it Juicebox takes orders")
    address = url or _own_address(settings)
    if not address.startswith("https://"):
        raise NotSetUp(f"{address} is not https://: Juicebox sends events to nothing else")
    types = load_registry().types
    secret = settings.juicebox_webhook_secret.get_secret_value()
    key = settings.juicebox_api_key.get_secret_value()
    status, text = post(
        f"{str(settings.juicebox_api_url).rstrip('/')}/webhooks",
        to_json({"url": address, "events": types, "secret": secret}),
        {"Authorization": f"Bearer {key}"},
    )
    _check(status, text, secrets=(secret, key))
    click.echo(printable(f"Registered {address}{_named(text)} for {', '.join(types)}."))


def _own_address(settings: JuiceboxSettings) -> str:
    if settings.public_url is None:
        raise NotSetUp("give the address, or set PUBLIC_URL")
    return f"{str(settings.public_url).rstrip('/')}/{_PATH}"


def _check(status: int, text: str, secrets: Iterable[str]) -> None:
    if status == _UNAUTHORIZED:
        raise Stop("Juicebox refuses JUICEBOX_API_KEY (401): is it the current key?")
    if not 200 <= status < 300:  # noqa: PLR2004 - the range of success
        said = cut(_without(secrets, _message(text)), _LONGEST_MESSAGE)
        raise Stop(f"Juicebox answers {status}{said and ': '}{said}")


def _message(text: str) -> str:
    """What the API says is wrong: `error` or `message`, as text or as an object with a `message`."""
    answer = _read(text)
    said = answer.get("error") or answer.get("message")
    if isinstance(said, dict):
        said = said.get("message")
    return said if isinstance(said, str) else ""


def _without(secrets: Iterable[str], said: str) -> str:
    """An API may repeat in its complaint what it was given."""
    for secret in secrets:
        said = said.replace(secret, "***")
    return said


def _named(text: str) -> str:
    name = _read(text).get("id")
    return f" as {name}" if isinstance(name, str) else ""


def _read(text: str) -> dict[str, object]:
    try:
        answer = from_json(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
