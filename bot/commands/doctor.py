"""`doctor`: check the settings and the connections."""

import asyncio
import sys
from collections.abc import Sequence

import click

from bot.clock import utc_now
from bot.doctor.examine import examine
from bot.doctor.report import lines, summary
from bot.environment import load_usable
from bot.model.finding import Finding, Severity
from bot.settings import Settings

_COLOURS = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.FAILURE: "red"}


@click.command(short_help="Check each setting and each connection.")
def command() -> None:
    """Check each setting and each connection, and say how to fix what is wrong.

    Sends no message and no mail. In Redis it runs the bot's scripts on keys of its own, and removes
    them. Exits with 1 if something that is required fails.
    """
    settings, problems = load_usable(Settings)
    _report(asyncio.run(examine(settings, utc_now(), problems)))


def _report(findings: Sequence[Finding]) -> None:
    ascii_only = not _can_show("".join(severity.value[0] for severity in Severity))
    for finding, line in zip(findings, lines(findings, ascii_only=ascii_only), strict=True):
        click.secho(line, fg=_COLOURS.get(finding.severity))
    click.echo(f"\n{summary(findings)}")
    if any(f.severity is Severity.FAILURE for f in findings):
        raise click.exceptions.Exit(1)


def _can_show(symbols: str) -> bool:
    try:
        symbols.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
