"""The command line: what there is to type, loaded when it is typed."""

import io
import sys
from importlib import import_module
from typing import Any

import click

from bot.errors import BotError, SettingsError
from bot.logging.printable import printable

_NAMES = (
    *("all", "demo", "doctor", "events", "forget", "preview", "record"),
    *("retry", "send", "slack-manifest", "web", "webhook", "worker"),
)


def _module(command: str) -> str:
    """`all` would hide Python's own, and no module has a hyphen in its name."""
    return {"all": "all_in_one"}.get(command, command.replace("-", "_"))


def program() -> str:
    """What was typed to start this program: `python -m bot`, or the name of an installed script."""
    context = click.get_current_context(silent=True)
    return (context.find_root().info_name if context else None) or "python -m bot"


class Stop(click.ClickException):
    """Ends the command with one line that says why."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._program = program()

    def show(self, file: Any = None) -> None:
        said = f"{self._program}: {printable(self.format_message())}"
        click.echo(said, file=file, err=file is None)


class NotSetUp(Stop):
    """Ends the command since a setting, or what it was told, is not fit for it."""

    exit_code = 2


class CommandGroup(click.Group):
    """Each command is a module of this package with a `command`; a worker need not load the web."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_NAMES)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _NAMES:
            return None
        found: click.Command = import_module(f"{__name__}.{_module(cmd_name)}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may lack what an event says
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise NotSetUp(str(error)) from error
        except BotError as error:
            raise Stop(str(error)) from error
