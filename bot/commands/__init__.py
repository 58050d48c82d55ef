"""The command line; a command's module is imported when the command is run."""

import io
import sys
from importlib import import_module
from typing import Any

import click

from bot.errors import BotError, SettingsError
from bot.logging.printable import printable

_NAMES = (
    *("all", "demo", "doctor", "events", "forget", "preview", "record"),
    *("retry", "send", "slack-manifest", "subscriptions", "web", "webhook", "worker"),
)


def _module(command: str) -> str:
    """Return the module of a command; `all` would shadow the built-in."""
    return {"all": "all_in_one"}.get(command, command.replace("-", "_"))


def program() -> str:
    """Return how this program was started: `python -m bot`, or the name of a script."""
    context = click.get_current_context(silent=True)
    return (context.find_root().info_name if context else None) or "python -m bot"


def echo(*lines: str) -> None:
    """Print each line, with the characters escaped that could break it."""
    for line in lines:
        click.echo(printable(line))


class CommandError(click.ClickException):
    """Ends the command with an error in one line."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._program = program()

    def show(self, file: Any = None) -> None:
        line = f"{self._program}: {printable(self.format_message())}"
        click.echo(line, file=file, err=file is None)


class SetupError(CommandError):
    """Ends the command since a setting or an argument is missing or malformed."""

    exit_code = 2


class CommandGroup(click.Group):
    """Imports the module of a command only when needed; each has a `command`."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_NAMES)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _NAMES:
            return None
        found: click.Command = import_module(f"{__name__}.{_module(cmd_name)}").command
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            "".join(args).encode()
        except UnicodeEncodeError:
            raise click.UsageError("arguments must be valid UTF-8", ctx) from None
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper):  # the terminal may lack characters of an event
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise SetupError(str(error)) from error
        except BotError as error:
            raise CommandError(str(error)) from error
