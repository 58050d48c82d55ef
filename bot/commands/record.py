"""`record`: show the record of a profile, an export or the quota."""

import json

import click

from bot.commands import CommandError
from bot.commands.with_store import on_store
from bot.store import Store

_HELP = """Show the record of the KIND with this ID as JSON; times in its fields are Unix seconds.

\b
For example: profile prof_8s2k4d
             export exp_5t7h1q
             quota latest
"""


@click.command(help=_HELP, short_help="Show the record of a profile, an export or the quota.")
@click.argument("kind")
@click.argument("record_id", metavar="ID")
def command(kind: str, record_id: str) -> None:
    on_store(lambda store: _show(store, kind, record_id))


async def _show(store: Store, kind: str, record_id: str) -> None:
    stored = await store.records.get(kind, record_id)
    if stored is None:
        raise CommandError(f"there is no record of {kind} {record_id}")
    shown = {"kind": kind, "id": record_id, "at": stored.at.isoformat(), "fields": stored.fields}
    click.echo(json.dumps(shown, indent=2))
