"""`web`: the process that Juicebox and Slack talk to."""

from collections.abc import Callable, Mapping
from typing import Any

import click
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.main import main as uvicorn_command

from bot.commands import Stop
from bot.http.listening import why_not_listen
from bot.logging.setup import configure_logs
from bot.settings import Settings, load_settings
from bot.web import create_app

_APPLICATION = "bot.commands.web:application"
_CONNECTION = "bot.http.connection:HttpConnection"
_LEAVE_LOGS_ALONE = {"version": 1, "incremental": True}
"""A configuration that changes nothing, where uvicorn would put its own."""


class NotStarted(Stop):
    """Ends the command since uvicorn could not begin, with uvicorn's own exit code."""

    exit_code = STARTUP_FAILURE


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    short_help="Take in webhooks and Slack's requests.",
)
@click.argument("uvicorn_options", nargs=-1, type=click.UNPROCESSED)
def command(uvicorn_options: tuple[str, ...]) -> None:
    """Take in webhooks and Slack's requests over HTTP.

    Listens on 0.0.0.0 and PORT, with WEB_CONCURRENCY processes. All other options are uvicorn's
    and passed on to it: --host, --port, --timeout-keep-alive, --proxy-headers, ... ("python -m
    uvicorn --help" lists them).
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
    """Run uvicorn's own command line with our defaults before the options that were given.

    Several processes each find the application by its name; another `application` is for one alone.

    Raises:
        NotStarted: if nothing can listen there, or uvicorn could not begin.
    """
    defaults = [
        *(_APPLICATION, "--factory", "--host", "0.0.0.0", "--port", str(settings.port)),  # noqa: S104 - a platform's router reaches it from outside
        *("--workers", str(settings.web_concurrency), "--lifespan", "on", "--ws", "none"),
        *("--http", _CONNECTION, "--no-server-header", "--no-access-log"),
    ]
    with _parsed([*defaults, *options]) as context:
        _check_address(context.params)
        if application is not None:
            context.params["app"] = application
        if context.params["log_config"] is None:
            context.params |= {"log_config": _LEAVE_LOGS_ALONE, "use_colors": None}
        _run(context)


def _check_address(params: Mapping[str, Any]) -> None:
    """Before anything begins; a UNIX socket and an inherited one are uvicorn's to open."""
    if params["uds"] is None and params["fd"] is None:
        reason = why_not_listen(params["host"], params["port"])
        if reason:
            raise NotStarted(reason)


def _run(context: click.Context) -> None:
    address = _listening_on(context.params)
    try:
        uvicorn_command.invoke(context)
    except SystemExit as end:
        if end.code != STARTUP_FAILURE:
            raise
        raise NotStarted(f"not started on {address}: the log says why") from None
    except OSError as fault:
        if context.params["uds"] is None and context.params["fd"] is None:
            raise
        said = fault.strerror or type(fault).__name__
        raise NotStarted(f"not started on {address}: {said}") from fault


def _listening_on(params: Mapping[str, Any]) -> str:
    if params["fd"] is not None:
        return f"file descriptor {params['fd']} (--fd)"
    if params["uds"] is not None:
        return f"the UNIX socket {params['uds']} (--uds)"
    return f"{params['host']}:{params['port']}"


def _parsed(arguments: list[str]) -> click.Context:
    """Give uvicorn a context within ours, so that an error names this program."""
    ours = click.get_current_context(silent=True)
    try:
        return uvicorn_command.make_context("uvicorn", arguments, parent=ours)
    except click.UsageError as error:
        raise click.UsageError(f"uvicorn says: {error.format_message()}") from error


def application() -> FastAPI:
    """The application of one process; uvicorn calls it in each of them.

    Raises:
        SettingsError: if the environment is not fit to start with.
        RegistryError: if a handler or its templates are not what they must be.
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    return create_app(settings)
