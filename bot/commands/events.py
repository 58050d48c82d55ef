"""`events`: lists the latest events, or shows one with its deliveries and its timeline."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import click

from bot.commands import CommandError, echo, program
from bot.commands.with_store import on_store
from bot.model import Delivery
from bot.store import Store
from bot.views.event import EventView, TimelineStep, load_event, load_latest

_HEADINGS = ("RECEIVED (UTC)", "TYPE", "ID", "STATE", "DELIVERIES")


@click.command(short_help="List the latest events, or show one step by step.")
@click.argument("event_id", metavar="[ID]", required=False)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many."
)
def command(event_id: str | None, limit: int) -> None:
    """List the latest events, newest first; with an ID, show that event and each step of it."""
    if event_id is None:
        on_store(lambda store: _list(store, limit))
    else:
        on_store(lambda store: _show(store, event_id))


async def _list(store: Store, limit: int) -> None:
    events = await load_latest(store, limit)
    if events:
        echo(*_table([_HEADINGS, *map(_row, events)]))
    else:
        echo(f"No events yet. '{program()} send --test' sends a test event through the whole bot.")


async def _show(store: Store, event_id: str) -> None:
    event = await load_event(store, event_id)
    if event is None:
        raise CommandError(f"there is no event {event_id}: it never came, or is no longer kept")
    reason = f": {event.reason}" if event.reason else ""
    echo(
        f"{event.id}  {_type(event)}  {event.state}{reason}",
        f"happened {_at(event.occurred_at)} UTC, received {_at(event.received_at)} UTC",
        *([f"received as {event.received_type}"] if event.received_type else []),
        *("", "DELIVERIES"),
        *(map(_delivery, event.deliveries) if event.deliveries else ["none"]),
        *(["", "NOTICES TO OPERATORS", *map(_delivery, event.notices)] if event.notices else []),
        *("", "TIMELINE (UTC)"),
        *_table(list(map(_step, event.timeline))),
    )


def _row(event: EventView) -> tuple[str, ...]:
    notices = f" (notices to operators: {_counts(event.notices)})" if event.notices else ""
    return (
        _at(event.received_at),
        _type(event),
        event.id,
        event.state,
        (_counts(event.deliveries) or event.reason or "none") + notices,
    )


def _counts(deliveries: Iterable[Delivery]) -> str:
    states = Counter(str(delivery.state) for delivery in deliveries)
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _type(event: EventView) -> str:
    return f"{event.type} (test)" if event.test else event.type


def _table(rows: Sequence[tuple[str, ...]]) -> Sequence[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _delivery(delivery: Delivery) -> str:
    attempts = "1 attempt" if delivery.attempts == 1 else f"{delivery.attempts} attempts"
    due = f", again at {_at(delivery.next_at)} UTC" if delivery.next_at else ""
    reason = f": {delivery.reason}" if delivery.reason else ""
    place = delivery.destination or "no destination"
    return f"{delivery.id}  {place}  {delivery.state} ({attempts}{due}){reason}"


def _step(step: TimelineStep) -> tuple[str, ...]:
    exactly = step.at.isoformat(" ", "milliseconds").partition("+")[0]
    return exactly, step.label, step.to, step.detail


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
