"""Mute for 2 hours, and Unmute: for the channel, or in a direct message for oneself."""

from dataclasses import replace
from datetime import timedelta

from bot.model import choices
from bot.model.subscription import EVERYTHING, Mute, Place
from bot.slack_app.arguments import NotUnderstood
from bot.slack_app.context import Answer, AppContext
from bot.slack_app.destinations import change_place, find_target
from bot.slack_app.permissions import refusal
from bot.slack_app.press import Press
from bot.slack_app.target import Target

_LENGTH = timedelta(hours=2)
_TOLERANCE = timedelta(minutes=1)
"""A mute that ends so little earlier is the same one: the button was pressed twice."""


async def mute(context: AppContext, press: Press) -> Answer:
    """Mute the place. A mute that lasts longer stays as it is."""
    target = await _target(context, press)
    if isinstance(target, str):
        return Answer(context.screen("pressed", text=target))
    now = context.clock()
    new = Mute(now, now + _LENGTH, press.user)

    def edit(place: Place) -> Place:
        return place if _lasting(place, new) else choices.mute(place, new, now)

    place = await change_place(context, press.asker, target, edit, "mute")
    lasting = _lasting(place, new) or new
    is_new = new in place.mutes
    message = context.screen(
        "muted",
        state="muted" if is_new else "already",
        by=press.user,
        until=int(lasting.until.timestamp()) if lasting.until else None,
        in_channel=press.is_in_channel,
    )
    return Answer(message, in_channel=is_new)


async def unmute(context: AppContext, press: Press) -> Answer:
    """End the mute of everything; mutes of some types or of one thread stay."""
    target = await _target(context, press)
    if isinstance(target, str):
        return Answer(context.screen("pressed", text=target))
    was_muted, now = False, context.clock()

    def edit(place: Place) -> Place:
        nonlocal was_muted
        was_muted = any(
            _is_of_everything(m) and (not m.until or m.until > now) for m in place.mutes
        )
        return replace(place, mutes=tuple(m for m in place.mutes if not _is_of_everything(m)))

    await change_place(context, press.asker, target, edit, "unmute")
    message = context.screen(
        "muted",
        state="unmuted" if was_muted else "not muted",
        by=press.user,
        until=None,
        in_channel=press.is_in_channel,
    )
    # Others do not see that an answer to somebody was replaced, so they are told by a new message.
    return Answer(message, in_channel=was_muted, replaces=not (press.is_ephemeral and was_muted))


async def _target(context: AppContext, press: Press) -> Target | str:
    """Return the channel or the person's direct messages, or why the presser may not change it."""
    try:
        target = await find_target(context, press.where, press.asker)
    except NotUnderstood as error:
        return str(error)
    to = press.asker.me if target.owner else target.to
    return await refusal(context, press.user, to, press.team) or target


def _is_of_everything(mute: Mute) -> bool:
    return mute.types == (EVERYTHING,) and not mute.thread


def _lasting(place: Place, new: Mute) -> Mute | None:
    """Return the mute of everything that lasts as long as the new one, or None."""
    return next(
        (
            m
            for m in place.mutes
            if _is_of_everything(m)
            and (m.until is None or (new.until and m.until > new.until - _TOLERANCE))
        ),
        None,
    )
