"""`retry`: dead letters are sent again."""

from collections.abc import Iterable, Sequence

import click

from bot.clock import utc_now
from bot.commands import Stop
from bot.commands.on_store import on_store
from bot.errors import CorruptRecord
from bot.model import Delivery, DeliveryState
from bot.operations.printable import printable
from bot.store import Store


@click.command(short_help="Send dead letters again.")
@click.argument("subject_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every dead letter there is.")
def command(subject_id: str | None, *, everything: bool) -> None:
    """Send dead letters again: those of the event, or the one delivery, with this ID.

    A dead event's handler runs again; a failed delivery is sent again, with all its attempts
    before it. What has been sent is never sent twice.
    """
    if (subject_id is None) is not everything:
        raise click.UsageError("give the ID of an event or a delivery, or --all")
    on_store(_retry_all if subject_id is None else lambda store: _retry(store, subject_id))


async def _retry_all(store: Store) -> None:
    dead_letters = await store.dead_letters(utc_now())
    for dead in dead_letters:
        kind, _, subject_id = dead.partition(":")
        revive = _revive_event if kind == "event" else _revive_delivery
        try:
            _say(await revive(store, subject_id) or [f"{subject_id}: no longer kept"])
        except CorruptRecord as error:
            _say([f"{subject_id}: {error}"])
    if not dead_letters:
        click.echo("There are no dead letters.")


async def _retry(store: Store, subject_id: str) -> None:
    said = await _revive_event(store, subject_id) or await _revive_delivery(store, subject_id)
    if not said:
        raise Stop(f"there is no event or delivery {subject_id}: 'events' lists what is kept")
    _say(said)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(printable(line))


async def _revive_event(store: Store, event_id: str) -> Sequence[str]:
    """What was done, or why there was nothing to do; empty if there is no such event."""
    if await store.events.revive(event_id, utc_now()):
        return [f"{event_id}: its handler runs again"]
    deliveries = await store.ledger.of_event(event_id)
    failed = [d for d in deliveries if d.state is DeliveryState.FAILED]
    said = [line for d in failed for line in await _revive(store, d)]
    if said:
        return said
    stored = await store.events.get(event_id)
    if stored is None:
        return []
    return [f"{event_id}: nothing to do, it is {stored.state} and {_states(deliveries)}"]


def _states(deliveries: Iterable[Delivery]) -> str:
    said = ", ".join(f"{d.destination} {d.state}" for d in deliveries)
    return f"of its deliveries none has failed ({said})" if said else "has no deliveries"


async def _revive_delivery(store: Store, delivery_id: str) -> Sequence[str]:
    delivery = await store.ledger.get(delivery_id)
    return await _revive(store, delivery) if delivery else []


async def _revive(store: Store, delivery: Delivery) -> Sequence[str]:
    if await store.ledger.revive(delivery, utc_now()):
        return [f"{delivery.id}: is sent again to {delivery.destination}"]
    return [f"{delivery.id}: nothing to do, it is {delivery.state} to {delivery.destination}"]
