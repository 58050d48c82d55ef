"""`events`: what came in, and what became of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import click

from bot.commands import Stop, program
from bot.commands.with_store import on_store
from bot.logging.printable import printable
from bot.model import Delivery, Step
from bot.store import Store
from bot.store.events import StoredEvent

_HEADINGS = ("RECEIVED (UTC)", "TYPE", "ID", "STATE", "DELIVERIES")
_SECONDS = "%Y-%m-%d %H:%M:%S"


@click.command(short_help="List the latest events, or show one event's whole way.")
@click.argument("event_id", metavar="[ID]", required=False)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many."
)
def command(event_id: str | None, limit: int) -> None:
    """List the latest events, newest first; with an ID, show that event's whole way."""
    if event_id is None:
        on_store(lambda store: _list(store, limit))
    else:
        on_store(lambda store: _show(store, event_id))


async def _list(store: Store, limit: int) -> None:
    events = await store.events.latest(limit)
    deliveries = await store.ledger.of_events([e.event.id for e in events])
    if events:
        _print(_table([_HEADINGS, *(_row(e, deliveries[e.event.id]) for e in events)]))
    else:
        click.echo(
            f"No events yet. '{program()} send --test' makes one, to see whether all is well."
        )


async def _show(store: Store, event_id: str) -> None:
    stored = await store.events.get(event_id)
    if stored is None:
        raise Stop(f"there is no event {event_id}: it never came, or is no longer kept")
    found = await store.ledger.of_event(event_id)
    deliveries = [d for d in found if not d.is_notice]
    notices = [d for d in found if d.is_notice]
    trail = await store.events.trail(event_id)
    reason = f": {stored.reason}" if stored.reason else ""
    received_type = stored.event.received_type
    lines = [
        f"{stored.event.id}  {_type(stored)}  {stored.state}{reason}",
        f"happened {_at(stored.event.timestamp)} UTC, received {_at(stored.received_at)} UTC",
        *([f"received as {received_type}"] if received_type else []),
        *("", "DELIVERIES"),
        *([_delivery(d) for d in deliveries] or ["none"]),
        *(["", "NOTICES TO OPERATORS", *map(_delivery, notices)] if notices else []),
        *("", "TRAIL (UTC)"),
        *_table([_step(step, {d.id for d in notices}) for step in trail]),
    ]
    _print(lines)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(printable(line))


def _row(stored: StoredEvent, found: Sequence[Delivery]) -> tuple[str, ...]:
    deliveries = Counter(str(d.state) for d in found if not d.is_notice)
    notices = Counter(str(d.state) for d in found if d.is_notice)
    told = f" (notices to operators: {_counted(notices)})" if notices else ""
    return (
        _at(stored.received_at),
        _type(stored),
        stored.event.id,
        stored.state,
        (_counted(deliveries) or stored.reason or "none") + told,
    )


def _counted(states: Counter[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


def _type(stored: StoredEvent) -> str:
    return f"{stored.event.type} (test)" if stored.event.test else stored.event.type


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
    return f"{delivery.id}  {delivery.destination}  {delivery.state} ({attempts}{due}){reason}"


def _step(step: Step, notices: Collection[str]) -> tuple[str, ...]:
    exactly = step.at.isoformat(" ", "milliseconds").partition("+")[0]
    what = f"notice {step.what}" if step.delivery_id in notices else step.what
    return exactly, what, step.destination, step.detail


def _at(moment: datetime) -> str:
    return moment.strftime(_SECONDS)
