"""`doctor`: check the settings and the connections."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial

import click

from bot.clock import utc_now
from bot.commands.slack_screens import slack_screens
from bot.doctor.examine import examine
from bot.environment import load_usable
from bot.logging.printable import printable
from bot.model.finding import Finding, Severity
from bot.settings import Settings

_SUBJECT_WIDTH = 28
_COLOURS = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.FAILURE: "red"}


@click.command(short_help="Check each setting and each connection.")
def command() -> None:
    """Check each setting and each connection, and say how to fix what is wrong.

    Sends no message and no email. In Redis it runs the bot's scripts on keys of its own, and removes
    them. Exits with 1 if something that is required fails.
    """
    settings, problems = load_usable(Settings)
    screens = partial(slack_screens, settings)
    findings = asyncio.run(examine(settings, utc_now(), problems, screens=screens))
    ascii_only = not _can_show("".join(severity.value[0] for severity in Severity))
    for finding in findings:
        click.secho(line(finding, ascii_only=ascii_only), fg=_COLOURS.get(finding.severity))
    click.echo(f"\n{summary(findings)}")
    if any(f.severity is Severity.FAILURE for f in findings):
        raise click.exceptions.Exit(1)


def line(finding: Finding, *, ascii_only: bool) -> str:
    symbol, word = finding.severity.value
    fix = f"; {finding.fix}" if finding.fix else ""
    text = f" {finding.subject:<{_SUBJECT_WIDTH}} {finding.text}{fix}"
    if ascii_only:
        symbol, text = word, text.encode("ascii", "backslashreplace").decode()
    return printable(symbol + text)


def summary(findings: Sequence[Finding]) -> str:
    failed = sum(f.severity is Severity.FAILURE for f in findings)
    warned = sum(f.severity is Severity.WARNING for f in findings)
    warnings = f", {warned} warning{'' if warned == 1 else 's'}" if warned else ""
    if failed:
        return f"{failed} problem{'' if failed == 1 else 's'} to fix{warnings}."
    return f"Ready to run{warnings}."


def _can_show(symbols: str) -> bool:
    try:
        symbols.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
