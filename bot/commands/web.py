"""`web`: the process that Juicebox and Slack talk to."""

from collections.abc import Callable

import click
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.main import main as uvicorn_command

from bot.commands import Stop
from bot.operations.logs import configure_logs
from bot.settings import Settings, load_settings
from bot.web import create_app

_APPLICATION = "bot.commands.web:application"
_CONNECTION = "bot.http_connection:HttpConnection"
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
    and passed on to it: --host, --port, --timeout-keep-alive, --proxy-headers, ... ("uvicorn
    --help" lists them).
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
    """
    defaults = [
        *(_APPLICATION, "--factory", "--host", "0.0.0.0", "--port", str(settings.port)),  # noqa: S104 - a platform's router reaches it from outside
        *("--workers", str(settings.web_concurrency), "--lifespan", "on", "--ws", "none"),
        *("--http", _CONNECTION, "--no-server-header", "--no-access-log"),
    ]
    with _parsed([*defaults, *options]) as context:
        if application is not None:
            context.params["app"] = application
        if context.params["log_config"] is None:
            context.params |= {"log_config": _LEAVE_LOGS_ALONE, "use_colors": None}
        try:
            uvicorn_command.invoke(context)
        except SystemExit as end:
            if end.code != STARTUP_FAILURE:
                raise
            where = f"{context.params['host']}:{context.params['port']}"
            text = f"not started on {where}; the log says why: EADDRINUSE is a port that is taken"
            raise NotStarted(text) from None


def _parsed(arguments: list[str]) -> click.Context:
    try:
        return uvicorn_command.make_context("uvicorn", arguments)
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
