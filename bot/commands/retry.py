"""`retry`: requeue dead letters."""

import click

from bot.clock import utc_now
from bot.commands import CommandError, echo
from bot.commands.with_store import on_store
from bot.delivery.requeue import requeue, requeue_all
from bot.store import Store


@click.command(short_help="Send dead letters again.")
@click.argument("subject_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Send every dead letter again.")
def command(subject_id: str | None, *, everything: bool) -> None:
    """Send dead letters again: the event or the delivery with this ID.

    The handler of a dead event runs again; of any other event, the failed deliveries are sent again.
    A delivery gets all its attempts again. What was sent is never sent again.
    """
    if (subject_id is None) is not everything:
        raise click.UsageError("give the ID of an event or a delivery, or --all")
    on_store(lambda store: _retry(store, subject_id))


async def _retry(store: Store, subject_id: str | None) -> None:
    if subject_id is None:
        echo(*await requeue_all(store, utc_now()) or ["There are no dead letters."])
        return
    lines = await requeue(store, subject_id, utc_now())
    if not lines:
        raise CommandError(
            f"no event {subject_id} is kept. A delivery is found among dead letters and the latest 1,000"
            " events: otherwise, give the id of its event, as 'events' lists it"
        )
    echo(*lines)
