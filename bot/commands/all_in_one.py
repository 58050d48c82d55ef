"""`all`: web and worker in one process, for the smallest plan."""

import signal

import click
import structlog

from bot.commands.web import serve
from bot.logging.setup import configure_logs
from bot.settings import load_settings
from bot.web import create_app
from bot.worker.process import worker_in_background

_log = structlog.get_logger()


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
    if settings.web_concurrency > 1:
        _log.warning("WEB_CONCURRENCY ignored: one process", asked=settings.web_concurrency)
    ending = _Ending()
    signal.signal(signal.SIGTERM, ending.leave)
    serve(
        settings,
        (*uvicorn_options, "--workers", "1"),
        application=lambda: create_app(
            settings, background=worker_in_background(settings, ending.failed)
        ),
    )


class _Ending:
    """How the process ends when uvicorn, all done, passes SIGTERM on to whoever heard it before."""

    def __init__(self) -> None:
        self._exit_code = 0

    def failed(self) -> None:
        self._exit_code = 1

    def leave(self, *_: object) -> None:
        raise SystemExit(self._exit_code)
