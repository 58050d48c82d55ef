"""`forget`: what is kept about a person is removed."""

import click

from bot.clock import utc_now
from bot.commands import Stop
from bot.commands.with_store import on_store
from bot.logging.printable import printable
from bot.store import Store

_HELP = """Remove everything that is kept about the profile with this ID.

Its record and the cached profile:<ID> go, and so does what events about it say, with what was yet
to be sent of them. Their ids stay until they end by themselves, so that Juicebox sending one again
changes nothing. Messages and mails that are out stay where they are, and so do copies of Redis'
files. To do it again is harmless; do so if Juicebox has sent more about the person meanwhile.
"""


@click.command(help=_HELP, short_help="Remove everything that is kept about a person.")
@click.argument("profile_id", metavar="ID")
def command(profile_id: str) -> None:
    on_store(lambda store: _forget(store, profile_id.strip()))


async def _forget(store: Store, profile_id: str) -> None:
    events = unreadable = 0
    async for event_id, readable in store.forgetting.events_about(profile_id):
        if not readable:
            unreadable += 1
            _say(f"event {event_id}: not readable in Redis, so nobody can tell whom it is about")
        elif await store.forgetting.forget_event(event_id, utc_now()):
            events += 1
            _say(f"event {event_id}: forgotten")
    removed = await store.forgetting.forget_profile(profile_id)
    if removed.record:
        _say(f"record of profile {profile_id}: removed")
    if removed.cached_copy:
        _say(f"cached profile:{profile_id}: removed")
    if not (events or removed.record or removed.cached_copy):
        raise Stop(f"nothing is kept about profile {profile_id}")
    counted = "1 event" if events == 1 else f"{events} events"
    _say(f"Profile {profile_id} is forgotten, with what {counted} said of it.")
    if unreadable:
        raise Stop(f"{unreadable} of the events could not be read: see 'events' for each of them")


def _say(line: str) -> None:
    click.echo(printable(line))
