"""Mute for 2 hours, and Unmute: for the channel, or in a direct message for one's messages and mails."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.model import choices
from bot.model.subscription import EVERYTHING, Mute, Place
from bot.slack_app.arguments import NotUnderstood
from bot.slack_app.context import Answer, AppContext
from bot.slack_app.destinations import change_place, find_targets
from bot.slack_app.permissions import refusal
from bot.slack_app.press import Press
from bot.slack_app.target import Target

_LENGTH = timedelta(hours=2)


async def mute(context: AppContext, press: Press) -> Answer:
    """Mute the place. A mute that lasts longer stays as it is."""
    targets = await _targets(context, press)
    if isinstance(targets, str):
        return Answer(context.screen("pressed", text=targets))
    now = context.clock()
    new = Mute(now, now + _LENGTH, press.user)

    def edit(place: Place) -> Place:
        return choices.mute(place, new, now)

    places = [await change_place(context, press.asker, to, edit, "mute") for to in targets]
    is_new = any(new in place.mutes for place in places)
    lasting = new if is_new else choices.lasting(places[0], new) or new
    message = context.screen(
        "muted",
        state="muted" if is_new else "already",
        by=press.user,
        until=int(lasting.until.timestamp()) if lasting.until else None,
        in_channel=press.is_in_channel,
        has_mail=len(targets) > 1,
    )
    return Answer(message, in_channel=is_new)


async def unmute(context: AppContext, press: Press) -> Answer:
    """End the mute of everything; mutes of some types or of one thread stay."""
    targets = await _targets(context, press)
    if isinstance(targets, str):
        return Answer(context.screen("pressed", text=targets))
    was_muted, now = False, context.clock()

    def edit(place: Place) -> Place:
        nonlocal was_muted
        was_muted = was_muted or any(
            _is_of_everything(m) and (not m.until or m.until > now) for m in place.mutes
        )
        return replace(place, mutes=tuple(m for m in place.mutes if not _is_of_everything(m)))

    for to in targets:
        await change_place(context, press.asker, to, edit, "unmute")
    message = context.screen(
        "muted",
        state="unmuted" if was_muted else "not muted",
        by=press.user,
        until=None,
        in_channel=press.is_in_channel,
        has_mail=len(targets) > 1,
    )
    # Others do not see that an answer to somebody was replaced, so they are told by a new message.
    return Answer(message, in_channel=was_muted, replaces=not (press.is_ephemeral and was_muted))


async def _targets(context: AppContext, press: Press) -> Sequence[Target] | str:
    """Return the channel, or the person's own messages and mails; or why the presser may not change it."""
    try:
        targets = await find_targets(context, press.where, press.asker)
    except NotUnderstood as error:
        return str(error)
    return await refusal(context, press.user, targets[0].to, press.team) or targets


def _is_of_everything(mute: Mute) -> bool:
    return mute.types == (EVERYTHING,) and not mute.thread
