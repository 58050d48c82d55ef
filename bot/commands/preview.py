"""`preview`: what a notification looks like, made by the code that sends it."""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path

import click

from bot.clock import utc_now
from bot.commands.sample import data_option, handler_of, sample
from bot.delivery.recipients import deliveries_of
from bot.logging.printable import printable
from bot.model import (
    Audience,
    Delivery,
    Destination,
    Event,
    Intent,
    Notification,
    Notify,
    Policy,
    Record,
    Transport,
)
from bot.registry import load_registry
from bot.rendering.renderer import Renderer
from bot.transports.terminal.console import ConsoleSender

_EVERYWHERE = (
    Destination(Transport.SLACK, "a channel"),
    Destination(Transport.EMAIL, "someone@example.com"),
)


@click.command(short_help="Show what an event's messages look like.")
@click.argument("event_type", metavar="TYPE")
@data_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder to write slack.json, subject.txt, body.txt and body.html to.",
)
def command(event_type: str, data_file: Path | None, out: Path | None) -> None:
    """Show what an event of this TYPE is made into: the Slack message, the mail, what is kept.

    Sends nothing and needs no settings. slack.json can be pasted into Slack's Block Kit Builder,
    app.slack.com/block-kit-builder.
    """
    now = utc_now()
    registry = load_registry()
    event = sample(event_type, registry, data_file, event_id=None, now=now).event
    handler = handler_of(event.type, registry)
    intents = handler.run(event, Policy())
    told = [intent for intent in intents if isinstance(intent, Notify)]
    deliveries = [_deliveries(event, notify, now) for notify in told]
    if out is None:
        asyncio.run(_print(chain.from_iterable(deliveries)))
    else:
        _write(out, [of_one[0].notification for of_one in deliveries])
    _explain(intents, told)


def _deliveries(event: Event, notify: Notify, now: datetime) -> Sequence[Delivery]:
    """One delivery a channel, as if everybody had subscribed to it."""
    audiences = dict.fromkeys(Audience, _EVERYWHERE)
    return deliveries_of(event, replace(notify, opt_in=False), audiences, now)


async def _print(deliveries: Iterable[Delivery]) -> None:
    sender = ConsoleSender(Renderer(), colours=sys.stdout.isatty())
    for delivery in deliveries:
        await sender.send(delivery, lambda: None)


def _write(folder: Path, notifications: Sequence[Notification]) -> None:
    for number, notification in enumerate(notifications, start=1):
        place = folder if len(notifications) == 1 else folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        for name, text in _files(notification).items():
            (place / name).write_text(text, encoding="utf-8")
            click.echo(place / name)


def _files(notification: Notification) -> Mapping[str, str]:
    renderer = Renderer()
    message = renderer.message_of(notification)
    mail = renderer.mail_of(notification)
    slack = {"text": message.text, "blocks": message.blocks}
    return {
        "slack.json": json.dumps(slack, indent=2, ensure_ascii=False) + "\n",
        "subject.txt": mail.subject + "\n",
        "body.txt": mail.text,
        "body.html": mail.html,
    }


def _explain(intents: Iterable[Intent], told: Sequence[Notify]) -> None:
    """What the messages themselves do not say."""
    if not told:
        click.echo("Nobody is told of this event.")
    elif all(notify.opt_in for notify in told):
        click.echo("Told to those alone who have subscribed to it.")
    for intent in intents:
        if isinstance(intent, Record):
            fields = json.dumps(dict(intent.fields), ensure_ascii=False)
            click.echo(printable(f"Kept as {intent.kind} {intent.id}: {fields}"))
