"""`/juicebox subscribe` and `unsubscribe`: what a channel, or oneself, gets."""

from collections.abc import Mapping, Sequence

from bot.model import choices
from bot.model.subscription import EVERYTHING, Place, Subscription, matches
from bot.slack_app.arguments import NotUnderstood, Parsed
from bot.slack_app.confirmation import Done, confirm, nothing_done
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.destinations import change_place, check_permission, find_target
from bot.slack_app.filters import add_rule, check_size, having, lacking
from bot.slack_app.phrases import (
    conditions,
    given,
    kinds,
    still_given,
    subject,
    subscribe_command,
    typed,
)
from bot.slack_app.target import Target

_MOST_UNDOS = 3
_REASONS = {
    "query": "nobody types search words for it",
    "min": "it has no number of results or records",
}


def choosing_commands(context: AppContext) -> Mapping[str, Command]:
    async def subscribe(parsed: Parsed, asker: Asker) -> Answer:
        check_size(parsed)
        _check_filters(context, parsed)
        target = await find_target(context, parsed.where, asker)
        await check_permission(context, asker, target)
        rule = Subscription(parsed.types, asker.user, context.clock(), parsed.query, parsed.minimum)
        before: list[Place] = []

        def add(place: Place) -> Place:
            before[:] = [place]
            return add_rule(place, rule)

        after = await change_place(context, asker, target, add, "subscribe")
        return confirm(context, asker, target, _subscribed(context, target, rule, before[0], after))

    async def unsubscribe(parsed: Parsed, asker: Asker) -> Answer:
        if parsed.types and parsed.number is not None:
            raise NotUnderstood("Write either types or a number: `/juicebox unsubscribe 2`.")
        check_size(parsed)
        target = await find_target(context, parsed.where, asker)
        await check_permission(context, asker, target)
        if parsed.number is not None:
            return await _remove_rule(context, asker, target, parsed.number)
        return await _remove_types(context, asker, target, parsed.types)

    return {"subscribe": subscribe, "unsubscribe": unsubscribe}


def _check_filters(context: AppContext, parsed: Parsed) -> None:
    """Check that every type has what the filters compare.

    A name with `*` is for types that there may be one day, so all of those that there are must have it.

    Raises:
        NotUnderstood: if one has not; names it, and gives the reason.
    """
    filters = {"query": bool(parsed.query), "min": parsed.minimum is not None}
    for name in (name for name, is_given in filters.items() if is_given):
        for wanted in parsed.types:
            _check_filter(context, wanted, name)


def _check_filter(context: AppContext, wanted: str, name: str) -> None:
    if not any(matches((wanted,), t) for t in context.filters):
        reason = f"I can't look into {wanted}: it is none of the types that I have a text for."
        raise NotUnderstood(f"`{name}:` does not work here. {reason}")
    lacks = lacking(context.filters, wanted, name)
    if lacks:
        among = "" if wanted == lacks[0] else f" {_among(wanted)}"
        able = typed(context.aliases, having(context.filters, name)).split()
        raise NotUnderstood(
            f"`{name}:` does not work for {kinds(lacks[:1])}{among}: {_REASONS[name]}."
            f" It works for {' and '.join(f'`{a}`' for a in able)}."
        )


def _among(wanted: str) -> str:
    return "(which is part of everything)" if wanted == EVERYTHING else f"(which {wanted} includes)"


def _subscribed(
    context: AppContext, target: Target, rule: Subscription, before: Place, after: Place
) -> Done:
    notes = [
        *_notes_on_settings(context, target, rule, after),
        *_notes_on_unknown_types(context, rule.types),
    ]
    if before.paused:
        notes.append("What comes here was paused, and goes on now.")
    if before.unsubscribed == after.unsubscribed:
        what = str(after.subscriptions.index(rule) + 1)
    else:  # what a setting gives comes again, which the rule's number would not end
        what = typed(context.aliases, rule.types)
    undo = [f"/juicebox unsubscribe {what}{target.suffix}"]
    if target.owner:
        start, end = "You will get", f"{conditions(rule)} {target.way}"
    else:
        start, end = "has subscribed this channel to", conditions(rule)
    return Done(start, kinds(rule.types), end, notes=notes, undo=undo)


def _notes_on_settings(
    context: AppContext, target: Target, rule: Subscription, place: Place
) -> list[str]:
    """Say if a setting gives the place the same anyway, so that the rule changes nothing."""
    notes = []
    again = subscribe_command(context, rule, target.suffix).replace("`", "'")
    for setting in still_given(given(context, target.to), place, rule.types):
        what = f"The setting {setting.setting} brings all of this here: {kinds(setting.types)}."
        if not conditions(rule):
            notes.append(f"{what} Each message comes once.")
            continue
        names = typed(context.aliases, setting.types)
        notes += [
            f"{what} So nothing changes about that yet.",
            f"To get only these: `/juicebox unsubscribe {names}{target.suffix}`, then `{again}`",
        ]
    return notes


def _notes_on_unknown_types(context: AppContext, types: Sequence[str]) -> list[str]:
    unknown = [t for t in types if not any(matches((t,), handled) for handled in context.filters)]
    if not unknown:
        return []
    names = " ".join(unknown)
    note = f"I have no text of my own for `{names}`. If Juicebox sends it, its details come as they are."
    return [note]


async def _remove_rule(context: AppContext, asker: Asker, target: Target, number: int) -> Answer:
    removed: list[Subscription] = []

    def remove(place: Place) -> Place:
        changed = choices.remove_rule(place, number)
        removed[:] = [place.subscriptions[number - 1]]
        return changed

    try:
        await change_place(context, asker, target, remove, "unsubscribe")
    except IndexError:
        raise NotUnderstood(
            f"There is no subscription {number} here. `/juicebox subscriptions` lists them with their"
            " numbers."
        ) from None
    [rule] = removed
    undo = [] if rule.follows else [subscribe_command(context, rule, target.suffix)]
    notes = ["To follow it again, press Follow on its message."] if rule.follows else []
    done = _unsubscribed(target, subject(rule), conditions(rule), notes, undo)
    return confirm(context, asker, target, done)


async def _remove_types(
    context: AppContext, asker: Asker, target: Target, types: Sequence[str]
) -> Answer:
    settings = given(context, target.to)
    before: list[Place] = [await context.store.places.get(target.to)]

    def remove(place: Place) -> Place:
        before[:] = [place]
        overrides = bool(still_given(settings, place, types))
        return choices.unsubscribe(place, types, from_settings=overrides)

    if remove(before[0]) == before[0]:
        where = target.way if target.owner else "here"
        what = "this" if len(types) > 1 else kinds(types)
        return nothing_done(context, f"There is no subscription to {what} {where}: nothing changed")
    after = await change_place(context, asker, target, remove, "unsubscribe")
    [place] = before
    lost = [rule for rule in place.subscriptions if rule not in after.subscriptions]
    overridden = still_given(settings, place, types)
    notes = [f"This overrides the setting {setting.setting}, only here." for setting in overridden]
    followed = sum(bool(rule.follows) for rule in after.subscriptions)
    if followed:
        notes.append(
            f"What is followed ({followed}) still comes: `/juicebox subscriptions` lists it."
        )
    plain = overridden or any(not conditions(rule) for rule in lost)
    undo = [f"/juicebox subscribe {typed(context.aliases, types)}{target.suffix}"] if plain else []
    undo += [subscribe_command(context, r, target.suffix) for r in lost if conditions(r)]
    done = _unsubscribed(target, kinds(types), "", notes, undo[:_MOST_UNDOS])
    return confirm(context, asker, target, done)


def _unsubscribed(
    target: Target, what: str, filters: str, notes: Sequence[str], undo: Sequence[str]
) -> Done:
    if not target.owner:
        before, after = "has unsubscribed this channel from", filters
    else:
        before, after = "You will no longer get", f"{filters} {target.way}"
    return Done(before, what, after, notes=notes, undo=undo)
