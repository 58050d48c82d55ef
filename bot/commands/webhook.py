"""`webhook`: register the bot's endpoint with Juicebox."""

from collections.abc import Iterable

import click
from pydantic_core import from_json, to_json

from bot.commands import CommandError, SetupError, echo
from bot.commands.http import post
from bot.environment import load
from bot.registry import load_registry
from bot.rendering.graphemes import cut
from bot.settings import JuiceboxSettings

_PATH = "webhooks/juicebox"
_UNAUTHORIZED = 401
_MAX_MESSAGE = 300


@click.group(short_help="Manage the webhook at Juicebox.")
def command() -> None:
    """Manage the webhook at Juicebox."""


@command.command(short_help="Register this bot's endpoint with Juicebox.")
@click.argument("url", required=False)
def create(url: str | None) -> None:
    """Register URL with Juicebox for all event types that have a handler.

    Without URL: PUBLIC_URL and /webhooks/juicebox. Needs JUICEBOX_API_KEY.
    """
    settings = load(JuiceboxSettings)
    if settings.juicebox_api_key is None:
        raise SetupError("JUICEBOX_API_KEY is missing: Juicebox's API needs it")
    address = url or _own_address(settings)
    if not address.startswith("https://"):
        raise SetupError(f"{address} is not https://: Juicebox sends events only to https:// URLs")
    types = load_registry().types
    secret = settings.juicebox_webhook_secret.get_secret_value()
    key = settings.juicebox_api_key.get_secret_value()
    status, text = post(
        f"{str(settings.juicebox_api_url).rstrip('/')}/webhooks",
        to_json({"url": address, "events": types, "secret": secret}),
        {"Authorization": f"Bearer {key}"},
    )
    _check(status, text, secrets=(secret, key))
    echo(f"Registered {address}{_named(text)} for {', '.join(types)}.")


def _own_address(settings: JuiceboxSettings) -> str:
    if settings.public_url is None:
        raise SetupError("give the URL as an argument, or set PUBLIC_URL")
    return f"{str(settings.public_url).rstrip('/')}/{_PATH}"


def _check(status: int, text: str, secrets: Iterable[str]) -> None:
    if status == _UNAUTHORIZED:
        raise CommandError("Juicebox refuses JUICEBOX_API_KEY (401): is it the current key?")
    if not 200 <= status < 300:  # noqa: PLR2004 - the range of success
        message = cut(_without(secrets, _message(text)), _MAX_MESSAGE)
        raise CommandError(f"Juicebox answers {status}{message and ': '}{message}")


def _message(text: str) -> str:
    """Return the error in the response: `error` or `message`, as text or as an object with a `message`."""
    body = _read(text)
    error = body.get("error") or body.get("message")
    if isinstance(error, dict):
        error = error.get("message")
    return error if isinstance(error, str) else ""


def _without(secrets: Iterable[str], text: str) -> str:
    """Mask the secrets, which an API may repeat in its error."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _named(text: str) -> str:
    name = _read(text).get("id")
    return f" as {name}" if isinstance(name, str) else ""


def _read(text: str) -> dict[str, object]:
    try:
        body = from_json(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
