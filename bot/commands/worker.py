"""`worker`: the process that handles events and sends notifications."""

from functools import partial

import click

from bot.logging.setup import configure_logs
from bot.settings import load_settings
from bot.wiring import build_jobs
from bot.worker.process import run_worker


@click.command(short_help="Handle events and send notifications.")
def command() -> None:
    """Handle events and send notifications, until told to stop by SIGTERM or Ctrl-C.

    Run as many as you need: they share the work.
    """
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    run_worker(partial(build_jobs, settings))
