"""`preview`: show the messages of an event."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from bot.clock import utc_now
from bot.commands import CommandError, echo
from bot.commands.sample import data_option, handler_of, sample
from bot.delivery.notifications import notification_of
from bot.model import Intent, InvalidData, Notification, Notify, Policy, Record
from bot.rendering.templates import Templates
from bot.transports.registry import TRANSPORTS
from bot.transports.terminal.console import Console


@click.command(short_help="Show what an event's messages look like.")
@click.argument("event_type", metavar="TYPE")
@data_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder to write the messages to.",
)
def command(event_type: str, data_file: Path | None, out: Path | None) -> None:
    """Show the messages and the records of an event of this TYPE.

    Sends nothing and needs no settings. What --out writes for Slack can be pasted into its Block Kit
    Builder, app.slack.com/block-kit-builder.
    """
    event, _ = sample(event_type, data_file, utc_now())
    handler = handler_of(event.type)
    try:
        intents = handler.run(event, Policy())
    except InvalidData as error:
        raise CommandError(str(error)) from error
    notifies = [intent for intent in intents if isinstance(intent, Notify)]
    notifications = [notification_of(event, notify) for notify in notifies]
    if out is None:
        _print(notifications)
    else:
        _write(out, notifications)
    _explain(intents, notifies)


def _print(notifications: Iterable[Notification]) -> None:
    console, templates = Console(sys.stdout, colours=sys.stdout.isatty()), Templates()
    for notification in notifications:
        for transport in TRANSPORTS:
            content = transport.renderer(templates)(notification)
            title = f"{transport.terminal_title} {transport.example.address}"
            console.show(title, transport.terminal_lines(content))


def _write(folder: Path, notifications: Sequence[Notification]) -> None:
    templates = Templates()
    for number, notification in enumerate(notifications, start=1):
        target = folder if len(notifications) == 1 else folder / str(number)
        target.mkdir(parents=True, exist_ok=True)
        for transport in TRANSPORTS:
            content = transport.renderer(templates)(notification)
            for name, text in transport.preview_files(content).items():
                (target / name).write_text(text, encoding="utf-8")
                click.echo(target / name)


def _explain(intents: Iterable[Intent], notifies: Sequence[Notify]) -> None:
    """Print who is notified, and the records."""
    if not notifies:
        click.echo("Nobody is notified of this event.")
    elif all(notify.opt_in for notify in notifies):
        click.echo("Sent only to those who have subscribed to it.")
    for intent in intents:
        if isinstance(intent, Record):
            fields = json.dumps(dict(intent.fields), ensure_ascii=False)
            echo(f"Kept as {intent.kind} {intent.id}: {fields}")
