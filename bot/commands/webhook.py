"""`webhook`: register the bot's endpoint with Juicebox."""

from collections.abc import Iterable, Mapping

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
    reply = _read(text)
    _check(status, reply, secrets=(secret, key))
    name = reply.get("id")
    named = f" as {name}" if isinstance(name, str) else ""
    echo(f"Registered {address}{named} for {', '.join(types)}.")


def _own_address(settings: JuiceboxSettings) -> str:
    if settings.public_url is None:
        raise SetupError("give the URL as an argument, or set PUBLIC_URL")
    return f"{str(settings.public_url).rstrip('/')}/{_PATH}"


def _check(status: int, reply: Mapping[str, object], secrets: Iterable[str]) -> None:
    if status == _UNAUTHORIZED:
        raise CommandError("Juicebox refuses JUICEBOX_API_KEY (401): is it the current key?")
    if not 200 <= status < 300:  # noqa: PLR2004 - the range of success
        message = _message(reply)
        for secret in secrets:  # an API may repeat them in its error
            message = message.replace(secret, "***")
        raise CommandError(
            f"Juicebox answers {status}{message and ': '}{cut(message, _MAX_MESSAGE)}"
        )


def _message(reply: Mapping[str, object]) -> str:
    """Return the error in the reply: `error` or `message`, as text or as an object with a `message`."""
    error = reply.get("error") or reply.get("message")
    if isinstance(error, dict):
        error = error.get("message")
    return error if isinstance(error, str) else ""


def _read(text: str) -> dict[str, object]:
    try:
        body = from_json(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
