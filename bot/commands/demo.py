"""`demo`: the whole bot on this machine, with a Slack and an inbox of its own."""

import click

from bot.commands import NotSetUp


@click.command(short_help="Run everything here, with a local Slack and inbox.")
@click.option("--once", is_flag=True, help="Send one event of each type, and end.")
def command(*, once: bool) -> None:
    """Run the whole bot on this machine, and show every message and mail as it arrives.

    Needs no settings: Redis, Slack and the mail server are its own. With --once it ends by itself,
    and with 0 only if everything arrived.
    """
    try:
        from bot.demo.terminal import run_demo  # noqa: PLC0415 - platforms install without it
    except ModuleNotFoundError as error:
        lacking = f"the demo needs {error.name}, which requirements-dev.txt installs"
        raise NotSetUp(lacking) from error
    raise click.exceptions.Exit(run_demo(once=once))
