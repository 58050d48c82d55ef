"""The place that a command is about: the channel it was typed in, or somebody's own messages or mails.

The settings may name a channel as `#recruiting`, while Slack's requests have its id; and an address in
`EMAIL_TO` may be written in other case than in Slack. What people choose for such a place is kept under the
settings' own spelling, under which the worker looks it up for each delivery. So there is one place for each
channel and address, and one message for each event. Only Slack knows the name that belongs to an id, so it is
asked about every channel that a command is about, which also shows whether the bot is in it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import chain

import structlog
from pydantic import BaseModel
from slack_sdk.errors import SlackApiError

from bot.errors import InvalidEnvelope
from bot.model import Destination, Transport
from bot.model.choices import owned
from bot.model.subscription import Place
from bot.slack_app.arguments import NotUnderstood, Where
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.people import SlackPerson
from bot.slack_app.permissions import change, refusal
from bot.slack_app.target import Target
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.ids import is_user
from bot.transports.slack.replies import refusal_in
from bot.views.home import places_of

_LOOKUP_TIMEOUT = timedelta(seconds=0.6)
"""Within the time that an answer may take."""
_INVITE = (
    "I'm not in this channel, so I can't post here. Type `/invite @Juicebox` here, and then the command"
    " again. Nothing was changed."
)
_ARCHIVED = "This channel is archived, so nothing can be posted here. Nothing was changed."
_NO_ANSWER = "Slack doesn't tell me about this channel right now. Nothing was changed; please try again in a minute."
_EMAIL_OFF = (
    "I can't send mail here: email is not set up. The person who looks after me can set SMTP_URL and EMAIL_FROM."
    " Until then, `me` in place of `email` sends you direct messages."
)
_NO_ADDRESS = (
    "I can't see your email address. Please ask the person who looks after me to give me the scope"
    " users:read.email and to install me again. Until then, `me` in place of `email` sends you direct"
    " messages."
)
_NOT_MAILABLE = (
    "I can't send mail to the address in your Slack profile: not every mail server would take it."
    " With `me` in place of `email` you get direct messages."
)
_NO_PERSON = (
    "Slack does not answer right now, so I can't see your email address. Nothing was changed; please try"
    " again in a minute."
)
_UNAVAILABLE = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "request_timeout", "service_unavailable"}
)
"""https://docs.slack.dev/reference/methods/conversations.info#errors"""

_log = structlog.get_logger()


class _Channel(BaseModel):
    """https://docs.slack.dev/reference/objects/conversation-object."""

    name: str = ""
    is_member: bool = False
    is_archived: bool = False
    is_mpim: bool = False


class _Info(BaseModel):
    channel: _Channel


async def find_target(context: AppContext, where: Where, asker: Asker) -> Target:
    """Return the place that a command is about.

    Raises:
        NotUnderstood: if nothing can be sent there; says why, and what to do.
        InvalidEnvelope: if the command names no user.
    """
    if not is_user(asker.user):
        raise InvalidEnvelope("not in the format that Slack documents")
    if where is Where.EMAIL:
        return _mail(context, asker, await find_person(context, asker))
    if where is Where.ME or asker.is_direct:
        return _direct(asker, where, await find_person(context, asker))
    return Target(await _channel(context, asker), where)


async def find_targets(context: AppContext, where: Where, asker: Asker) -> list[Target]:
    """Return the places of a mute: the asker's direct messages stand for the asker's own mails, too.

    Raises:
        NotUnderstood: if nothing can be sent there; says why, and what to do.
        InvalidEnvelope: if the command names no user.
    """
    if where is Where.ME or (where is Where.HERE and asker.is_direct):
        return await find_own(context, asker, where)
    return [await find_target(context, where, asker)]


async def find_own(context: AppContext, asker: Asker, where: Where = Where.ME) -> list[Target]:
    """Return the asker's direct messages, mails if they can be sent, and mails to earlier addresses.

    Raises:
        InvalidEnvelope: if the command names no user.
    """
    direct, *mails = await find_current(context, asker, where)
    kept = places_of(asker.user, await context.store.places.all())
    known = {direct.to, *(mail.to for mail in mails)}
    earlier = [Target(to, Where.EMAIL, asker.user, direct.zone) for to in kept if to not in known]
    return [direct, *mails, *earlier]


async def find_current(context: AppContext, asker: Asker, where: Where = Where.ME) -> list[Target]:
    """Return the asker's direct messages, and the mails to the asker's address now if they can be sent.

    Raises:
        InvalidEnvelope: if the command names no user.
    """
    if not is_user(asker.user):
        raise InvalidEnvelope("not in the format that Slack documents")
    person = await find_person(context, asker)
    found = [_direct(asker, where, person)]
    with suppress(NotUnderstood):
        found.append(_mail(context, asker, person))
    return found


async def find_person(context: AppContext, asker: Asker) -> SlackPerson | None:
    """Return who asks, or None if Slack does not say; `People.get` says why."""
    identity = await context.workspace.identity()
    return await context.people.get(asker.user, identity.team_id or "")


async def find_channel(context: AppContext, channel: str) -> Destination:
    """Return the destination of the channel with this id, whether the bot is in it or not.

    Raises:
        NotUnderstood: if Slack does not answer.
    """
    info = await _info(context, channel)
    return configured(context, Destination(Transport.SLACK, channel), info.name if info else "")


async def check_permission(context: AppContext, asker: Asker, target: Target) -> None:
    """Check that the asker may change what the place gets.

    Raises:
        NotUnderstood: if not, with the reason.
    """
    refused = await refusal(context, asker.user, asker.me if target.owner else target.to)
    if refused:
        raise NotUnderstood(refused)


async def change_place(
    context: AppContext, asker: Asker, target: Target, edit: Callable[[Place], Place], what: str
) -> Place:
    """Change what the place gets, note whose it is, and return what is stored.

    Mails that have no quiet hours yet get those of the owner's direct messages.
    """
    is_mail = target.to.transport is Transport.EMAIL
    quiet = (await context.store.places.get(asker.me)).quiet if is_mail else None

    def own(place: Place) -> Place:
        return owned(edit(place), target.owner, target.zone, quiet)

    return await change(context, target.to, own if target.owner else edit, by=asker.user, what=what)


def configured(context: AppContext, to: Destination, name: str = "") -> Destination:
    """Return the destination as the settings spell it, if they name it; `name` is the channel's."""
    spelled = chain.from_iterable(context.audiences.values())
    return next((s for s in spelled if _is_same(s, to, name)), to)


def _is_same(spelled: Destination, to: Destination, name: str) -> bool:
    if spelled.transport is not to.transport:
        return False
    if to.transport is Transport.EMAIL:
        return spelled.address.casefold() == to.address.casefold()
    return spelled.address == to.address or (
        bool(name) and spelled.address.removeprefix("#") == name
    )


def _direct(asker: Asker, where: Where, person: SlackPerson | None) -> Target:
    return Target(asker.me, where, asker.user, person.zone if person else "")


def _mail(context: AppContext, asker: Asker, person: SlackPerson | None) -> Target:
    if context.mailable is None:
        raise NotUnderstood(_EMAIL_OFF)
    if person is None and not context.people.lacks_scope:
        raise NotUnderstood(_NO_PERSON)
    if person is None or not person.email:
        raise NotUnderstood(_NO_ADDRESS)
    try:
        to = Destination(Transport.EMAIL, context.mailable(person.email))
    except ValueError:
        raise NotUnderstood(_NOT_MAILABLE) from None
    return Target(configured(context, to), Where.EMAIL, asker.user, person.zone)


async def _channel(context: AppContext, asker: Asker) -> Destination:
    info = await _info(context, asker.channel)
    if info is None or info.is_mpim:
        raise NotUnderstood(_INVITE)
    if info.is_archived:
        raise NotUnderstood(_ARCHIVED)
    if not info.is_member:
        raise NotUnderstood(_INVITE)
    return configured(context, asker.here, info.name)


async def _info(context: AppContext, channel: str) -> _Channel | None:
    """Return what Slack says of a channel, None if the bot cannot see it.

    Raises:
        NotUnderstood: if Slack does not answer.
    """
    try:
        async with asyncio.timeout(_LOOKUP_TIMEOUT.total_seconds()):
            reply = await context.client.conversations_info(channel=channel)
        return _Info.model_validate(reply.data).channel
    except CALL_ERRORS as error:
        code = refusal_in(error.response).error if isinstance(error, SlackApiError) else None
        _log.info("channel not seen", fault=type(error).__name__, code=code)
        if not code or code in _UNAVAILABLE:
            raise NotUnderstood(_NO_ANSWER) from None
        return None
