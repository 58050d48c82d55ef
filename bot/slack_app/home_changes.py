"""What the controls of the Home tab change: a person's own subscriptions, mutes and quiet hours."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import time
from functools import partial

from bot.delivery.subscriptions import zone_of
from bot.model import choices
from bot.model.schedule import QuietHours, parse_end, parse_time
from bot.model.subscription import Mute, Place, Subscription
from bot.slack_app.arguments import NotUnderstood, Where
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.destinations import change_place, find_own
from bot.slack_app.event_lookup import Meant, find_event
from bot.slack_app.filters import add_rule
from bot.slack_app.interactions import Element
from bot.slack_app.my_choices import (
    MUTE_LENGTHS,
    Said,
    Wanted,
    key_of_mute,
    key_of_rule,
    quiet_hours_of,
    rule_in_words,
    thread_in_words,
)
from bot.slack_app.operating import retry_event
from bot.slack_app.permissions import refusal
from bot.slack_app.target import Target

Change = Callable[[AppContext, Asker, Element], Awaitable[Said]]
"""Carries out what a user has pressed, and returns what was done."""

_DEFAULT = QuietHours(time(19), time(8))
_GONE = Said("That is not there any more: it was changed somewhere else.", done=False)


async def subscribe(context: AppContext, asker: Asker, wanted: Wanted) -> Said:
    """Add a subscription."""
    target, now = wanted.target, context.clock()
    rule = Subscription(wanted.types, asker.user, now, wanted.query, wanted.minimum)
    try:
        await change_place(context, asker, target, partial(add_rule, rule=rule), "subscribe")
    except NotUnderstood as error:
        return Said(str(error), done=False)
    where = "by email" if target.where is Where.EMAIL else "as a direct message"
    undo = "“Remove” beside it takes it back."
    return Said(f"You get this {where} now: {rule_in_words(rule)}.", undo=undo)


async def _remove(context: AppContext, asker: Asker, pressed: Element) -> Said:
    key = pressed.given
    found = [
        (target, rule)
        for target, place in (await _own(context, asker)).items()
        for rule in place.subscriptions
        if key_of_rule(target.to, rule) == key
    ]
    if not found:
        return _GONE
    target, rule = found[0]

    def edit(place: Place) -> Place:
        if rule.follows:
            return choices.unfollow(place, rule.follows)
        rules = enumerate(place.subscriptions, 1)
        numbers = [n for n, r in rules if key_of_rule(target.to, r) == key]
        return choices.remove_rule(place, numbers[0]) if numbers else place

    if rule.follows:
        await change_place(context, asker, target, edit, "unfollow")
        name = thread_in_words(rule.follows, {})
        return Said(
            f"You don't follow this any more: {name}.",
            undo="“Follow” below its message takes it back.",
        )
    await change_place(context, asker, target, edit, "unsubscribe")
    return Said(
        f"You don't get this any more: {rule_in_words(rule)}.",
        undo="“Add a subscription” takes it back.",
    )


async def _mute(context: AppContext, asker: Asker, pressed: Element) -> Said:
    if pressed.given not in {"2h", *(value for value, _ in MUTE_LENGTHS)}:
        return _GONE
    now, own = context.clock(), await _own(context, asker)
    until = parse_end(pressed.given, now, zone_of(Place(zone=_zone(own))))
    new = Mute(since=now, until=until, made_by=asker.user)

    def edit(place: Place) -> Place:
        return choices.mute(place, new, now)

    places = [await change_place(context, asker, to, edit, "mute") for to in own]
    is_new = any(new in place.mutes for place in places)
    until = (new if is_new else choices.lasting(places[0], new) or new).until
    what = "direct messages or mails" if len(own) > 1 else "direct messages"
    text = f"{'You get' if is_new else 'Muted already: you get'} no {what} of your own until"
    undo = "“Unmute” ends that."
    return Said(text, until, undo) if until else Said(f"{text} you unmute.", undo=undo)


async def _unmute(context: AppContext, asker: Asker, pressed: Element) -> Said:
    muted = [
        to
        for to, place in (await _own(context, asker)).items()
        if any(key_of_mute(mute) == pressed.given for mute in place.mutes)
    ]
    if not muted:
        return _GONE

    def edit(place: Place) -> Place:
        kept = tuple(mute for mute in place.mutes if key_of_mute(mute) != pressed.given)
        return replace(place, mutes=kept)

    for to in muted:
        await change_place(context, asker, to, edit, "unmute")
    return Said("You get these messages again.", undo="“Mute for 2 hours” stops them.")


def _quiet(edit: Callable[[QuietHours, Element], QuietHours | None]) -> Change:
    """Return what changes the quiet hours of all of a person's places."""

    async def set_quiet(context: AppContext, asker: Asker, pressed: Element) -> Said:
        own = await _own(context, asker)
        current, _ = quiet_hours_of({target.to: place for target, place in own.items()})
        zone = _zone(own)
        try:
            quiet = edit(current or _DEFAULT, pressed)
        except ValueError as error:
            sentence = str(error)
            return Said(f"{sentence[:1].upper()}{sentence[1:]}.", done=False)
        for to in own:
            await change_place(
                context,
                asker,
                to,
                lambda place: choices.set_quiet(place, quiet, zone, asker.user),
                "quiet hours",
            )
        if quiet is None:
            return Said("Quiet hours are off.", undo="“Turn on” sets them again.")
        weekends = " and all weekend" if quiet.weekends else ""
        text = f"Quiet hours are {quiet.start:%H:%M} to {quiet.end:%H:%M}{weekends} now."
        return Said(text, undo="“Turn off” ends them.")

    return set_quiet


async def _retry(context: AppContext, asker: Asker, pressed: Element) -> Said:
    refused = await refusal(context, asker.user)
    if refused:
        return Said(refused, done=False)
    found, sight = await find_event(context, pressed.given, asker)
    if not isinstance(found, Meant):
        return _GONE
    done = await retry_event(context, found, sight.reader, by=asker.user)
    if done is None:
        text = "That is not there any more, or cannot be read, so it can't be sent again."
        return Said(text, done=False)
    if done.is_handled_again or done.deliveries:
        return Said("It is being sent again. If that fails, it shows up below.")
    if done.is_waiting:
        return Said("There is nothing to send again: it is on its way.")
    return Said("There was nothing left to send again.")


CHANGES: Mapping[str, Change] = {
    "home_remove": _remove,
    "home_unfollow": _remove,
    "home_mute": _mute,
    "home_mute_for": _mute,
    "home_unmute": _unmute,
    "home_quiet_on": _quiet(lambda quiet, _: quiet),
    "home_quiet_off": _quiet(lambda _, __: None),
    "home_quiet_start": _quiet(lambda quiet, e: replace(quiet, start=parse_time(e.given))),
    "home_quiet_end": _quiet(lambda quiet, e: replace(quiet, end=parse_time(e.given))),
    "home_quiet_weekends": _quiet(
        lambda quiet, e: replace(quiet, weekends="weekends" in e.all_given)
    ),
    "home_retry": _retry,
}
"""By the action id of the element."""


async def _own(context: AppContext, asker: Asker) -> Mapping[Target, Place]:
    """Return the person's own places, the direct messages first."""
    own = await find_own(context, asker)
    places = await context.store.places.all()
    return {target: places.get(target.to, Place()) for target in own}


def _zone(own: Mapping[Target, Place]) -> str:
    """Return the person's time zone; the one that is stored if Slack does not say."""
    stored = quiet_hours_of({target.to: place for target, place in own.items()})[1]
    return next(iter(own)).zone or stored
