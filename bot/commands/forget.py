"""`forget`: remove what is kept about a person."""

import click

from bot.clock import utc_now
from bot.commands import CommandError, echo
from bot.commands.with_store import on_store
from bot.registry import load_registry
from bot.store import Store

_HELP = """Remove everything that is kept about the person with this ID.

Removes the person's records and cached copies, and the content of every event about the person.
Messages about these events that have not been sent yet are skipped. The events' ids remain until they
expire, so that Juicebox sending one again changes nothing. Messages that were sent stay where they
are, and so do backups of Redis. Repeat the command if Juicebox has sent more about the person since.
"""


@click.command(help=_HELP, short_help="Remove everything that is kept about a person.")
@click.argument("profile_id", metavar="ID")
def command(profile_id: str) -> None:
    on_store(lambda store: _forget(store, profile_id.strip()))


async def _forget(store: Store, profile_id: str) -> None:
    subjects = load_registry().subjects
    events = unreadable = 0
    async for event_id, readable in store.forgetting.events_about(profile_id, subjects):
        if not readable:
            unreadable += 1
            echo(f"event {event_id}: not readable in Redis; it may be about this person")
        elif await store.forgetting.forget_event(event_id, utc_now()):
            events += 1
            echo(f"event {event_id}: forgotten")
    removed = await store.forgetting.forget_subject(profile_id, subjects)
    for kind in removed.record_kinds:
        echo(f"record of {kind} {profile_id}: removed")
    for key in removed.cached_keys:
        echo(f"cached {key}: removed")
    if not (events or removed.record_kinds or removed.cached_keys):
        raise CommandError(f"nothing is kept about {profile_id}")
    counted = "1 event" if events == 1 else f"{events} events"
    echo(f"Forgot {profile_id}: removed the content of {counted}.")
    if unreadable:
        raise CommandError(
            f"{unreadable} of the events could not be read: see 'events' for each of them"
        )
