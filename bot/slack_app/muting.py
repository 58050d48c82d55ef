"""`/juicebox mute` and `unmute`: nothing comes for a while."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.delivery.subscriptions import zone_of
from bot.model import choices
from bot.model.schedule import parse_end
from bot.model.subscription import EVERYTHING, Mute, Place
from bot.slack_app.arguments import NotUnderstood, Parsed
from bot.slack_app.confirmation import Done, confirm, nothing_done, zone_unknown
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.destinations import (
    change_place,
    check_permission,
    find_person,
    find_targets,
)
from bot.slack_app.filters import check_size
from bot.slack_app.phrases import joined, kinds, subject, typed
from bot.slack_app.target import Target
from bot.slack_app.threads import Thread, find_thread
from bot.transports.slack.message import SlackMessage

_MOST_MUTES = 50
_MOST_UNDOS = 3
_FOREVER = "It stays so until somebody ends it, and what comes meanwhile is left out."
_COUNTED = "When it ends, one line says how much was left out."


def muting_commands(context: AppContext) -> Mapping[str, Command]:
    async def mute(parsed: Parsed, asker: Asker) -> Answer:
        _check(parsed)
        targets = await find_targets(context, parsed.where, asker)
        target = targets[0]
        await check_permission(context, asker, target)
        now = context.clock()
        until, notes = await _end(context, asker, target, parsed.until, now)
        thread = await find_thread(context, parsed.text) if parsed.text else None
        types = parsed.types or (EVERYTHING,)
        new = Mute(now, until, asker.user, types, thread.name if thread else "")
        add = partial(_add, new=new, now=now)
        places = [await change_place(context, asker, to, add, "mute") for to in targets]
        if not any(new in place.mutes for place in places):
            lasting = choices.lasting(places[0], new) or new
            return Answer(_already_muted(context, targets, lasting, thread))
        done = _muted(context, targets, new, thread, notes)
        return confirm(context, asker, target, done)

    async def unmute(parsed: Parsed, asker: Asker) -> Answer:
        _check(parsed)
        targets = await find_targets(context, parsed.where, asker)
        target = targets[0]
        await check_permission(context, asker, target)
        now = context.clock()
        muted = [await context.store.places.get(to.to) for to in targets]
        thread = await _muted_thread(context, muted, parsed.text) if parsed.text else ""

        def end(place: Place) -> Place:
            return choices.unmute(place, now, parsed.types, thread)

        ended = [*dict.fromkeys(m for place in muted for m in _ended(place, end(place), now))]
        if not ended:
            where = "for you" if target.owner else "here"
            return nothing_done(context, f"Nothing like that is muted {where}: nothing changed")
        for to in targets:
            await change_place(context, asker, to, end, "unmute")
        what = joined([*dict.fromkeys(map(subject, ended))])
        undo = [_mute_again(context, m, now, target.suffix) for m in ended[:_MOST_UNDOS]]
        if target.owner:
            done = Done("You get", what, f" {_ways(targets)} again", undo=undo)
        else:
            done = Done("has unmuted", what, " in this channel", undo=undo)
        return confirm(context, asker, target, done)

    return {"mute": mute, "unmute": unmute}


def _check(parsed: Parsed) -> None:
    check_size(parsed)
    if parsed.types and parsed.text:
        raise NotUnderstood("Write either types or one id: `/juicebox mute 2h search`.")


async def _end(
    context: AppContext, asker: Asker, target: Target, text: str, now: datetime
) -> tuple[datetime | None, list[str]]:
    """Return when the mute ends in the asker's time zone, and what to say about that."""
    zone = target.zone
    if not target.owner:
        person = await find_person(context, asker)
        zone = person.zone if person else ""
    try:
        until = parse_end(text, now, zone_of(Place(zone=zone or "UTC")))
    except ValueError as error:
        raise NotUnderstood(f"{error}.") from None
    notes = [_COUNTED if until else _FOREVER]
    if not zone and text.casefold().startswith("until"):
        notes.append(zone_unknown(context))
    return until, notes


def _add(place: Place, new: Mute, now: datetime) -> Place:
    changed = choices.mute(place, new, now)
    if len(changed.mutes) > _MOST_MUTES:
        raise NotUnderstood(
            f"{_MOST_MUTES} things are muted here already, which is the most. `/juicebox unmute` ends all."
        )
    return changed


def _muted(
    context: AppContext,
    targets: Sequence[Target],
    new: Mute,
    thread: Thread | None,
    notes: list[str],
) -> Done:
    what, target = _subject(new, thread), targets[0]
    if target.owner:
        before, after = "Muted:", f", which you would get {_ways(targets)},"
    else:
        before, after = "has muted", " in this channel"
    about = thread.id if thread else _types_of(context, new)
    undo = f"/juicebox unmute{about and f' {about}'}{target.suffix}"
    return Done(
        before, what, after.rstrip(",") if new.until is None else after, new.until, notes, [undo]
    )


def _already_muted(
    context: AppContext, targets: Sequence[Target], lasting: Mute, thread: Thread | None
) -> SlackMessage:
    """Say, to the asker alone, that what is muted for longer stays so."""
    about = thread.id if thread else _types_of(context, lasting)
    notes = [f"To end it: `/juicebox unmute{about and f' {about}'}{targets[0].suffix}`"]
    where = "for you" if targets[0].owner else "in this channel"
    after = f" {where}{'' if lasting.until else ', without an end'}"
    done = Done("Muted already:", _subject(lasting, thread), after, lasting.until, notes)
    return context.screen("changed", done=done, by="")


def _subject(mute: Mute, thread: Thread | None) -> str:
    return f"everything about “{thread.summary}”" if thread else kinds(mute.types)


def _ways(targets: Sequence[Target]) -> str:
    """Return `as direct messages and by mail to anna@example.com`."""
    return " and ".join(target.way for target in targets)


def _mute_again(context: AppContext, ended: Mute, now: datetime, suffix: str) -> str:
    """Return the command for as long as the mute would have lasted."""
    left = "forever"
    if ended.until is not None:
        hours, minutes = divmod(max(1, round((ended.until - now) / timedelta(minutes=1))), 60)
        days, hours = divmod(hours, 24)
        parts = ((days, "d"), (hours, "h"), (minutes, "m"))
        left = "".join(f"{count}{unit}" for count, unit in parts if count)
    about = ended.thread.partition(":")[2] or _types_of(context, ended)
    return f"/juicebox mute {left}{about and f' {about}'}{suffix}"


def _types_of(context: AppContext, mute: Mute) -> str:
    return "" if mute.types == (EVERYTHING,) else typed(context.aliases, mute.types)


async def _muted_thread(context: AppContext, places: Sequence[Place], text: str) -> str:
    """Return the muted thread that is meant, or the one of the event with this id."""
    threads = {m.thread for p in places for m in p.mutes if m.thread and text in m.thread}
    if len(threads) == 1:
        return threads.pop()
    return (await find_thread(context, text)).name


def _ended(before: Place, after: Place, now: datetime) -> list[Mute]:
    """Return the mutes that would still last."""
    current = (mute for mute in before.mutes if mute.until is None or mute.until > now)
    return [mute for mute in current if mute not in after.mutes]
