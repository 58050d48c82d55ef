"""`web`: the process that receives HTTP requests from Juicebox and Slack."""

from collections.abc import Callable, Mapping
from typing import Any

import click
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.main import main as uvicorn_command

from bot.commands import CommandError
from bot.http.listening import why_not_listen
from bot.logging.setup import configure_logs
from bot.settings import Settings, load_settings
from bot.web import create_app

_APPLICATION = "bot.commands.web:application"
_CONNECTION = "bot.http.connection:HttpConnection"
_KEEP_LOGGING = {"version": 1, "incremental": True}
"""A logging configuration that changes nothing, instead of uvicorn's own."""


class NotStarted(CommandError):
    """uvicorn could not start: ends the command with uvicorn's exit code."""

    exit_code = STARTUP_FAILURE


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    short_help="Receive webhooks and Slack requests.",
)
@click.argument("uvicorn_options", nargs=-1, type=click.UNPROCESSED)
def command(uvicorn_options: tuple[str, ...]) -> None:
    """Receive webhooks and Slack requests over HTTP.

    Listens on 0.0.0.0 and PORT, with WEB_CONCURRENCY processes. All other options are passed on to
    uvicorn: --host, --port, --timeout-keep-alive, --proxy-headers, ... ("python -m uvicorn --help"
    lists them).
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    serve(settings, uvicorn_options)


def serve(
    settings: Settings,
    options: tuple[str, ...],
    *,
    application: Callable[[], FastAPI] | None = None,
) -> None:
    """Run uvicorn's own command line with our defaults, followed by the given options.

    `application` replaces the default factory; it works in a single process only, since uvicorn's
    worker processes import the application by its name.

    Raises:
        NotStarted: if the address cannot be used, or uvicorn could not start.
    """
    defaults = [
        *(_APPLICATION, "--factory", "--host", "0.0.0.0", "--port", str(settings.port)),  # noqa: S104 - a platform's router connects from outside
        *("--workers", str(settings.web_concurrency), "--lifespan", "on", "--ws", "none"),
        *("--http", _CONNECTION, "--no-server-header", "--no-access-log"),
    ]
    with _parse([*defaults, *options]) as context:
        _check_address(context.params)
        if application is not None:
            context.params["app"] = application
        if context.params["log_config"] is None:
            context.params |= {"log_config": _KEEP_LOGGING, "use_colors": None}
        _run(context)


def _check_address(params: Mapping[str, Any]) -> None:
    """Check host and port before anything starts; uvicorn itself checks --uds and --fd."""
    if params["uds"] is None and params["fd"] is None:
        reason = why_not_listen(params["host"], params["port"])
        if reason:
            raise NotStarted(reason)


def _run(context: click.Context) -> None:
    address = _address(context.params)
    try:
        uvicorn_command.invoke(context)
    except SystemExit as exited:
        if exited.code != STARTUP_FAILURE:
            raise
        raise NotStarted(f"not started on {address}: the log says why") from None
    except OSError as error:
        if context.params["uds"] is None and context.params["fd"] is None:
            raise
        reason = error.strerror or type(error).__name__
        raise NotStarted(f"not started on {address}: {reason}") from error


def _address(params: Mapping[str, Any]) -> str:
    if params["fd"] is not None:
        return f"file descriptor {params['fd']} (--fd)"
    if params["uds"] is not None:
        return f"the UNIX socket {params['uds']} (--uds)"
    return f"{params['host']}:{params['port']}"


def _parse(arguments: list[str]) -> click.Context:
    """Parse uvicorn's arguments; errors name this program, because its context is the parent."""
    parent = click.get_current_context(silent=True)
    try:
        return uvicorn_command.make_context("uvicorn", arguments, parent=parent)
    except click.UsageError as error:
        raise click.UsageError(f"uvicorn says: {error.format_message()}") from error


def application() -> FastAPI:
    """Create the application; uvicorn calls this in each of its processes.

    Raises:
        SettingsError: if a setting is missing or invalid.
        RegistryError: if a handler or its templates are not valid.
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    return create_app(settings)
