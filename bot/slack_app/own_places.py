"""The places of whoever asks: this channel, their direct messages and their mails."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

import structlog
from pydantic import BaseModel, Field

from bot.model import Audience, Destination, Transport
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.workspace import CALL_ERRORS, WorkspaceUnknown
from bot.transports.slack.ids import is_channel, is_conversation, is_user

_LOOKUP_TIMEOUT = timedelta(seconds=0.4)
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


class _Channel(BaseModel):
    name: str = ""


class _Info(BaseModel):
    """https://docs.slack.dev/reference/methods/conversations.info."""

    channel: _Channel = Field(default_factory=_Channel)


async def own_places(context: AppContext, asker: Asker) -> list[OwnPlace]:
    """Return this channel, unless it is a direct message, and the asker's own messages and mails.

    Mails are left out if Slack does not tell the asker's address.
    """
    name, email = await asyncio.gather(_name_here(context, asker), _email_of(context, asker))
    found = []
    if not asker.is_direct:
        spellings = _spelled(context, asker.here, lambda address: address.removeprefix("#") == name)
        found.append(OwnPlace("This channel", "", spellings))
    suffix = "" if asker.is_direct else " me"
    found.append(OwnPlace("Your direct messages", suffix, frozenset({asker.me})))
    if email:
        to, folded = Destination(Transport.EMAIL, email), email.casefold()
        spellings = _spelled(context, to, lambda address: address.casefold() == folded)
        found.append(OwnPlace("Your email", " email", spellings))
    return found


async def sight_of(context: AppContext, asker: Asker) -> Callable[[Destination], bool]:
    """Return whether the asker may know of a destination: of their own, and of those in the settings.

    Operators may know of all: those in `SLACK_ADMINS`, and whoever asks where operators are told.
    """
    if is_operator(context, asker):
        return lambda _: True
    places = await own_places(context, asker)
    known = frozenset(chain.from_iterable(context.audiences.values()))
    known = known.union(*(own.spellings for own in places))
    return known.__contains__


def is_operator(context: AppContext, asker: Asker) -> bool:
    """Return whether an answer may have settings and other people's places in it."""
    operators = context.audiences.get(Audience.OPERATORS, ())
    recruiters = context.audiences.get(Audience.RECRUITERS, ())
    told_here = asker.here in operators and asker.here not in recruiters
    return asker.user in context.admins or told_here


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
    channel = asker.channel
    if not is_channel(channel) or not _has_names(context):
        return ""
    try:
        async with asyncio.timeout(_LOOKUP_TIMEOUT.total_seconds()):
            reply = await context.client.conversations_info(channel=channel)
        return _Info.model_validate(reply.data).channel.name
    except CALL_ERRORS as error:
        _log.info("channel not seen", fault=type(error).__name__)
        return ""


async def _email_of(context: AppContext, asker: Asker) -> str:
    try:
        async with asyncio.timeout(_LOOKUP_TIMEOUT.total_seconds()):
            identity = await context.workspace.identity()
            person = await context.people.get(asker.user, identity.team_id or "")
    except (TimeoutError, WorkspaceUnknown) as error:
        _log.info("person unknown", fault=type(error).__name__)
        return ""
    return person.email if person else ""
