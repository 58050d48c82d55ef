"""`subscriptions`: list, back up and restore what people have chosen."""

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from typing import BinaryIO

import click

from bot.clock import utc_now
from bot.commands import CommandError, echo
from bot.commands.place_words import place_lines
from bot.commands.places_json import places_from_json, places_to_json
from bot.commands.with_store import on_store
from bot.logging.printable import printable
from bot.model import Destination
from bot.model.subscription import Place
from bot.store import Store

_HELP = """List what was chosen for each channel, person and email address.

These are subscriptions, mutes and quiet hours. Places for which nobody has chosen anything get what the
settings say, and are not listed.

\b
  subscriptions --export > backup.json
  subscriptions --import backup.json
"""


@click.command(help=_HELP, short_help="List, back up and restore what people have chosen.")
@click.option("--export", "exports", is_flag=True, help="Print all as JSON, for a backup.")
@click.option(
    "--import",
    "file",
    type=click.File("rb"),
    help="Read JSON of --export from a file, or - for the standard input. Replaces what was chosen for"
    " the places in it; other places stay as they are.",
)
@click.option(
    "--reset",
    "place",
    metavar="PLACE",
    help="Forget what was chosen for one place, such as slack:C012AB3CD or email:team@example.com.",
)
def command(*, exports: bool, file: BinaryIO | None, place: str | None) -> None:
    if exports + (file is not None) + (place is not None) > 1:
        raise click.UsageError("choose one of --export, --import and --reset")
    if exports:
        on_store(_export)
    elif file is not None:
        places = _read(file)
        on_store(lambda store: _import(store, places))
    elif place is not None:
        to = _parse(place)
        on_store(lambda store: _reset(store, to))
    else:
        on_store(_list)


async def _list(store: Store) -> None:
    places, unreadable = await _load(store)
    for to, place in sorted(places.items(), key=lambda pair: str(pair[0])):
        echo(str(to), *(f"  {line}" for line in place_lines(place, utc_now())))
    if not places:
        echo("Nobody has chosen anything: everybody gets what the settings say.")
    _check_readable(unreadable)


async def _export(store: Store) -> None:
    places, unreadable = await _load(store)
    click.echo(places_to_json(places), nl=False)
    _check_readable(unreadable)


async def _load(store: Store) -> tuple[Mapping[Destination, Place], set[str]]:
    """Return the readable places, and the names of the others, which the store logs."""
    with redirect_stdout(sys.stderr):
        places = await store.places.all()
    return places, await store.places.names() - {str(to) for to in places}


def _check_readable(unreadable: set[str]) -> None:
    if unreadable:
        listed = ", ".join(sorted(unreadable))
        raise CommandError(f"not readable in Redis, and left out: {listed}; --reset removes one")


def _read(file: BinaryIO) -> Mapping[Destination, Place]:
    try:
        return places_from_json(file.read())
    except ValueError as error:
        problems = str(error).splitlines()
        for problem in problems:
            click.echo(printable(problem), err=True)
        raise CommandError(f"nothing was imported: {file.name} is not valid") from None


async def _import(store: Store, places: Mapping[Destination, Place]) -> None:
    changed = 0
    for to, place in places.items():
        before = await store.places.get(to)
        if before == place:
            continue
        await store.places.edit(to, _always(place), utc_now())
        changed += 1
        echo(
            f"{to}: {'reset' if place == Place() else 'changed' if before != Place() else 'added'}"
        )
    echo(f"Imported: {changed} changed, {len(places) - changed} as they were.")


async def _reset(store: Store, to: Destination) -> None:
    if str(to) not in await store.places.names():
        raise CommandError(f"nothing was chosen for {to}")
    await store.places.edit(to, lambda _: Place(), utc_now())
    echo(f"{to}: reset; it gets what the settings say.")


def _always(place: Place) -> Callable[[Place], Place]:
    return lambda _: place


def _parse(place: str) -> Destination:
    try:
        return Destination.parse(place)
    except ValueError:
        raise click.UsageError(f"PLACE begins with slack: or email:, got {place!r}") from None
