"""`demo`: runs the playground, the whole bot on this machine with a local Slack and inbox."""

import click

from bot.commands import SetupError

_PORT = 8700
_HIGHEST_PORT = 65_535


@click.command(short_help="Run everything here, with a local Slack and inbox.")
@click.option("--once", is_flag=True, help="No page: send one event of each type, and end.")
@click.option(
    "--port",
    type=click.IntRange(0, _HIGHEST_PORT),
    help=f"Port of the page; 0 takes any free one.  [default: {_PORT}]",
)
def command(*, once: bool, port: int | None) -> None:
    """Run the whole bot on this machine, and try it on a page in the browser.

    Needs no settings: it brings its own Redis, Slack and mail server. With --once it prints every
    message and email on the terminal and exits, with 0 only if everything arrived.
    """
    if once and port is not None:
        raise click.UsageError("--once serves no page, so --port cannot be used with it")
    try:
        from bot.playground.run import run_playground  # noqa: PLC0415 - not installed in production
    except ModuleNotFoundError as error:
        message = f"the playground needs {error.name}, which requirements-dev.txt installs"
        raise SetupError(message) from error
    raise click.exceptions.Exit(run_playground(once=once, port=_PORT if port is None else port))
