"""`all`: web and worker in one process, for the smallest plan."""

import signal
import sys
from functools import partial
from threading import Event

import click
import structlog

from bot.commands.web import serve
from bot.logging.setup import configure_logs
from bot.settings import load_settings
from bot.web import create_app
from bot.wiring import build_jobs
from bot.worker.process import worker_in_background

_log = structlog.get_logger()


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    short_help="Web and worker in one process.",
)
@click.argument("uvicorn_options", nargs=-1, type=click.UNPROCESSED)
def command(uvicorn_options: tuple[str, ...]) -> None:
    """Receive webhooks and Slack requests, handle events and send notifications, in one process.

    For the smallest plan. Takes the options of web; WEB_CONCURRENCY is ignored, since it is one
    process. You can run several, together with web and worker processes: they share the work.
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    if settings.web_concurrency > 1:
        _log.warning("WEB_CONCURRENCY ignored: one process", asked=settings.web_concurrency)
    failed = Event()
    # uvicorn re-raises SIGTERM after its shutdown, which would end the process with -15.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1 if failed.is_set() else 0))
    worker = worker_in_background(partial(build_jobs, settings), failed.set)
    serve(
        settings,
        (*uvicorn_options, "--workers", "1"),
        application=lambda: create_app(settings, background=worker),
    )
