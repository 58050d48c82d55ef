"""`doctor`: is everything set up, and if not, what is to be mended."""

import asyncio
import sys
from collections.abc import Sequence

import click

from bot.clock import utc_now
from bot.errors import SettingsError
from bot.operations.check_settings import broken
from bot.operations.doctor import examine
from bot.operations.finding import Finding, Mark, lines, summary
from bot.settings import Settings, load_settings

_COLOURS = {Mark.OK: "green", Mark.WARNING: "yellow", Mark.FAILURE: "red"}

_LATER = " Then run doctor again: connections are looked at once the settings are whole."


@click.command(short_help="Check each setting and each connection.")
def command() -> None:
    """Check each setting and each connection, and say what to mend.

    Sends nothing and changes nothing. Exits with 1 if something that is required fails.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        _report(broken(error), _LATER)
    else:
        asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> None:
    _report(await examine(settings, utc_now()))


def _report(findings: Sequence[Finding], more: str = "") -> None:
    plain = not _can_show("".join(mark.value[0] for mark in Mark))
    for finding, line in zip(findings, lines(findings, ascii_only=plain), strict=True):
        click.secho(line, fg=_COLOURS.get(finding.mark))
    click.echo(f"\n{summary(findings)}{more}")
    if any(f.mark is Mark.FAILURE for f in findings):
        raise click.exceptions.Exit(1)


def _can_show(signs: str) -> bool:
    try:
        signs.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
