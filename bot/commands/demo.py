"""`demo`: the whole bot on this machine, with a Slack and an inbox of its own."""

import click

from bot.commands import NotSetUp

_PORT = 8700
_HIGHEST_PORT = 65_535


@click.command(short_help="Run everything here, with a local Slack and inbox.")
@click.option("--once", is_flag=True, help="No page: send one event of each type, and end.")
@click.option(
    "--port",
    type=click.IntRange(0, _HIGHEST_PORT),
    help=f"Where the page is; 0 takes any that is free.  [default: {_PORT}]",
)
def command(*, once: bool, port: int | None) -> None:
    """Run the whole bot on this machine, and play with it on one page in a browser.

    Needs no settings: Redis, Slack and the mail server are its own. With --once it shows every
    message and mail on the terminal, ends by itself, and with 0 only if everything arrived.
    """
    if once and port is not None:
        raise click.UsageError("--once has no page, so it takes no --port")
    try:
        from bot.playground.run import run_demo  # noqa: PLC0415 - platforms install without it
    except ModuleNotFoundError as error:
        lacking = f"the demo needs {error.name}, which requirements-dev.txt installs"
        raise NotSetUp(lacking) from error
    raise click.exceptions.Exit(run_demo(once=once, port=_PORT if port is None else port))
