"""`all`: web and worker in one process, for the smallest plan."""

import click
from fastapi import FastAPI

from bot.commands.web import serve
from bot.operations.logs import configure_logs
from bot.settings import load_settings
from bot.web import create_app
from bot.worker_process import working

_APPLICATION = "bot.commands.all_in_one:application"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    short_help="Web and worker in one process.",
)
@click.argument("uvicorn_options", nargs=-1, type=click.UNPROCESSED)
def command(uvicorn_options: tuple[str, ...]) -> None:
    """Take in webhooks and Slack's requests, handle events and send notifications: all in one.

    For the smallest plan. Takes the options of web; WEB_CONCURRENCY is ignored, since it is one
    process. More of them may run, and beside them webs and workers: they share the work.
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    serve(settings, (*uvicorn_options, "--workers", "1"), application=_APPLICATION)


def application() -> FastAPI:
    """The application of web, with a worker that begins and ends with it.

    Raises:
        SettingsError: if the environment is not fit to start with.
        RegistryError: if a handler or its templates are not what they must be.
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    return create_app(settings, beside=working(settings))
