"""What the controls of the Home tab change: a person's own subscriptions, mutes and quiet hours."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import time

from bot.delivery.requeue import requeue
from bot.delivery.subscriptions import zone_of
from bot.errors import CorruptRecord
from bot.model import Destination, Transport, choices
from bot.model.schedule import QuietHours, parse_end, parse_time
from bot.model.subscription import Mute, Place, Subscription
from bot.slack_app.context import AppContext
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
from bot.slack_app.people import SlackPerson
from bot.slack_app.permissions import change, refusal
from bot.views.home import places_of

Change = Callable[[AppContext, str, SlackPerson | None, Element], Awaitable[Said]]
"""Carries out what a user has pressed, and returns what was done."""

_DEFAULT = QuietHours(time(19), time(8))
_GONE = Said("That is not there any more: it was changed somewhere else.", done=False)


async def subscribe(
    context: AppContext, user: str, person: SlackPerson | None, wanted: Wanted
) -> Said:
    """Add a subscription; a new email address gets the person's quiet hours."""
    now = context.clock()
    rule = Subscription(wanted.types, user, now, wanted.query, wanted.minimum)
    own = await _own(context, user)
    quiet, _ = quiet_hours_of(own)
    zone = _zone(own, person)

    def edit(place: Place) -> Place:
        place = choices.subscribe(place, rule)
        return replace(place, owner=user, zone=zone, quiet=place.quiet or quiet)

    await change(context, wanted.to, edit, by=user, what="subscribe")
    where = "by email" if wanted.to.transport is Transport.EMAIL else "as a direct message"
    undo = "“Remove” beside it takes it back."
    return Said(f"You get this {where} now: {rule_in_words(rule)}.", undo=undo)


async def _remove(context: AppContext, user: str, _: SlackPerson | None, pressed: Element) -> Said:
    key = pressed.given
    found = [
        (to, rule)
        for to, place in (await _own(context, user)).items()
        for rule in place.subscriptions
        if key_of_rule(to, rule) == key
    ]
    if not found:
        return _GONE
    to, rule = found[0]

    def edit(place: Place) -> Place:
        if rule.follows:
            return choices.unfollow(place, rule.follows)
        numbers = [n for n, r in enumerate(place.subscriptions, 1) if key_of_rule(to, r) == key]
        return choices.remove_rule(place, numbers[0]) if numbers else place

    if rule.follows:
        await change(context, to, edit, by=user, what="unfollow")
        name = thread_in_words(rule.follows, {})
        return Said(
            f"You don't follow this any more: {name}.",
            undo="“Follow” below its message takes it back.",
        )
    await change(context, to, edit, by=user, what="unsubscribe")
    return Said(
        f"You don't get this any more: {rule_in_words(rule)}.",
        undo="“Add a subscription” takes it back.",
    )


async def _mute(
    context: AppContext, user: str, person: SlackPerson | None, pressed: Element
) -> Said:
    if pressed.given not in {"2h", *(value for value, _ in MUTE_LENGTHS)}:
        return _GONE
    now = context.clock()
    own = await _own(context, user, person)
    zone = _zone(own, person)
    until = parse_end(pressed.given, now, zone_of(Place(zone=zone)))
    new = Mute(since=now, until=until, made_by=user)

    def edit(place: Place) -> Place:
        return replace(choices.mute(place, new, now), owner=user, zone=zone)

    for to in own:
        await change(context, to, edit, by=user, what="mute")
    undo = "“Unmute” ends that."
    if until is None:
        return Said("You get no messages of your own until you unmute.", undo=undo)
    return Said("You get no messages of your own until", until, undo)


async def _unmute(context: AppContext, user: str, _: SlackPerson | None, pressed: Element) -> Said:
    muted = {
        to
        for to, place in (await _own(context, user)).items()
        if any(key_of_mute(mute) == pressed.given for mute in place.mutes)
    }
    if not muted:
        return _GONE

    def edit(place: Place) -> Place:
        kept = tuple(mute for mute in place.mutes if key_of_mute(mute) != pressed.given)
        return replace(place, mutes=kept)

    for to in muted:
        await change(context, to, edit, by=user, what="unmute")
    return Said("You get these messages again.", undo="“Mute for 2 hours” stops them.")


def _quiet(edit: Callable[[QuietHours, Element], QuietHours | None]) -> Change:
    """Return what changes the quiet hours of all of a person's places."""

    async def set_quiet(
        context: AppContext, user: str, person: SlackPerson | None, pressed: Element
    ) -> Said:
        own = await _own(context, user, person)
        current, _ = quiet_hours_of(own)
        zone = _zone(own, person)
        try:
            quiet = edit(current or _DEFAULT, pressed)
        except ValueError:
            return Said("That is not a time of day.", done=False)
        if quiet and quiet.start == quiet.end:
            return Said("Quiet hours need a start and another end.", done=False)
        for to in own:
            await change(
                context,
                to,
                lambda place: choices.set_quiet(place, quiet, zone, user),
                by=user,
                what="quiet hours",
            )
        if quiet is None:
            return Said("Quiet hours are off.", undo="“Turn on” sets them again.")
        weekends = " and all weekend" if quiet.weekends else ""
        text = f"Quiet hours are {quiet.start:%H:%M} to {quiet.end:%H:%M}{weekends} now."
        return Said(text, undo="“Turn off” ends them.")

    return set_quiet


async def _retry(context: AppContext, user: str, _: SlackPerson | None, pressed: Element) -> Said:
    refused = await refusal(context, user)
    if refused:
        return Said(refused, done=False)
    try:
        lines = await requeue(context.store, pressed.given, context.clock())
    except CorruptRecord as error:
        return Said(f"It can't be sent again: {error}.", done=False)
    if not lines:
        return _GONE
    if any("nothing to do" in line for line in lines):
        return Said("There was nothing left to send again.")
    return Said("It is being sent again. If that fails, it shows up below.")


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


async def _own(
    context: AppContext, user: str, person: SlackPerson | None = None
) -> Mapping[Destination, Place]:
    """Return the places of the user, with the person's address if the settings have mail sent there."""
    places = await context.store.places.all()
    mail = Destination(Transport.EMAIL, person.email if person else "")
    is_configured = any(mail in configured for configured in context.audiences.values())
    more = {mail: places.get(mail, Place())} if is_configured else {}
    return {**places_of(user, places), **more}


def _zone(own: Mapping[Destination, Place], person: SlackPerson | None) -> str:
    """Return the person's time zone; the one that is stored if Slack does not say."""
    return person.zone if person else quiet_hours_of(own)[1]
