"""The places of the user who asks, and what else that user may know of."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

import structlog

from bot.model import Audience, Destination, Transport
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.people import SlackPerson
from bot.slack_app.workspace import WorkspaceUnknown
from bot.transports.slack.ids import is_channel, is_conversation, is_user
from bot.views.outcomes import Reader

_LOOKUP_TIMEOUT = timedelta(seconds=0.5)
"""Within the time that an answer may take."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """One of the asker's places, by each spelling of its destination.

    `name` begins a sentence; `suffix` is what a command about the place ends with.
    """

    name: str
    suffix: str = ""
    spellings: frozenset[Destination] = field(default_factory=frozenset, repr=False)


@dataclass(frozen=True, slots=True)
class Sight:
    """Who asks, None if Slack does not say; the asker's own places; and which events they may read."""

    person: SlackPerson | None
    places: Sequence[OwnPlace]
    reader: Reader


async def sight_of(context: AppContext, asker: Asker) -> Sight:
    """Return what the asker may see.

    Their own places are this channel, unless it is a direct message, and their own messages and mails.
    Mails are left out if Slack does not tell the asker's address. Members of the workspace also see what
    the recruiters' channel gets, unless it is private, and operators see everything.
    """
    person, name, shared = await asyncio.gather(
        person_of(context, asker.user), _name_here(context, asker), _shared(context)
    )
    places = _own_places(context, asker, person, name)
    reader = Reader(
        own=frozenset(chain.from_iterable(own.spellings for own in places)),
        shared=shared,
        is_member=person is not None and person.is_member,
        is_operator=_is_operator(context, asker, person, places),
    )
    return Sight(person, places, reader)


async def person_of(context: AppContext, user: str) -> SlackPerson | None:
    """Return the person, or None if Slack does not say who it is in time."""
    try:
        async with asyncio.timeout(_LOOKUP_TIMEOUT.total_seconds()):
            identity = await context.workspace.identity()
            return await context.people.get(user, identity.team_id or "")
    except (TimeoutError, WorkspaceUnknown) as error:
        _log.info("person unknown", fault=type(error).__name__)
        return None


def _own_places(
    context: AppContext, asker: Asker, person: SlackPerson | None, name: str
) -> list[OwnPlace]:
    found = []
    if not asker.is_direct:
        spellings = _spelled(context, asker.here, lambda address: address.removeprefix("#") == name)
        found.append(OwnPlace("This channel", "", spellings))
    suffix = "" if asker.is_direct else " me"
    found.append(OwnPlace("Your direct messages", suffix, frozenset({asker.me})))
    if person and person.email:
        to, folded = Destination(Transport.EMAIL, person.email), person.email.casefold()
        spellings = _spelled(context, to, lambda address: address.casefold() == folded)
        found.append(OwnPlace("Your email", " email", spellings))
    return found


def _is_operator(
    context: AppContext, asker: Asker, person: SlackPerson | None, places: Sequence[OwnPlace]
) -> bool:
    """Return whether an answer may have settings and other people's places in it.

    That is so for those in `SLACK_ADMINS`, and for members who ask where only operators are told.
    """
    if asker.user in context.admins:
        return True
    if asker.is_direct or person is None or not person.is_member:
        return False
    here = places[0].spellings
    operators = context.audiences.get(Audience.OPERATORS, ())
    recruiters = context.audiences.get(Audience.RECRUITERS, ())
    return not here.isdisjoint(operators) and here.isdisjoint(recruiters)


async def _shared(context: AppContext) -> frozenset[Destination]:
    """Return the recruiters' destinations that every member may see: public channels."""
    recruiters = context.audiences.get(Audience.RECRUITERS, ())
    channels = [to for to in recruiters if to.transport is Transport.SLACK]
    public = await asyncio.gather(*(context.channels.is_public(to.address) for to in channels))
    return frozenset(to for to, is_public in zip(channels, public, strict=True) if is_public)


def _spelled(
    context: AppContext, to: Destination, is_same: Callable[[str], bool]
) -> frozenset[Destination]:
    """Return the destination, and what it is called in the settings."""
    configured = chain.from_iterable(context.audiences.values())
    named = (s for s in configured if s.transport is to.transport and is_same(s.address))
    return frozenset({to, *named})


def _has_names(context: AppContext) -> bool:
    """Return whether the settings name a channel, whose id is not known here."""
    configured = chain.from_iterable(context.audiences.values())
    return any(
        to.transport is Transport.SLACK
        and not is_user(to.address)
        and not is_conversation(to.address)
        for to in configured
    )


async def _name_here(context: AppContext, asker: Asker) -> str:
    """Return the name of the channel, empty if it does not matter or Slack does not tell it."""
    if not is_channel(asker.channel) or not _has_names(context):
        return ""
    channel = await context.channels.get(asker.channel)
    return channel.name if channel else ""
