"""`/juicebox mute` and `unmute`: nothing comes for a while."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from bot.delivery.subscriptions import zone_of
from bot.model import choices
from bot.model.schedule import parse_end
from bot.model.subscription import EVERYTHING, Mute, Place
from bot.slack_app.arguments import NotUnderstood, Parsed
from bot.slack_app.confirmation import ZONE_UNKNOWN, Done, confirm, nothing_done
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.destinations import (
    change_place,
    check_permission,
    find_person,
    find_target,
)
from bot.slack_app.filters import check_size
from bot.slack_app.phrases import joined, kinds, subject, typed
from bot.slack_app.target import Target
from bot.slack_app.threads import Thread, find_thread

_MOST_MUTES = 50
_MOST_UNDOS = 3
_FOREVER = "It stays so until somebody ends it, and what comes meanwhile is left out."
_COUNTED = "When it ends, one line says how much was left out."


def muting_commands(context: AppContext) -> Mapping[str, Command]:
    async def mute(parsed: Parsed, asker: Asker) -> Answer:
        _check(parsed)
        target = await find_target(context, parsed.where, asker)
        await check_permission(context, asker, target)
        now = context.clock()
        until, notes = await _end(context, asker, parsed.until, now)
        thread = await find_thread(context, parsed.text) if parsed.text else None
        types = parsed.types or (EVERYTHING,)
        new = Mute(now, until, asker.user, types, thread.name if thread else "")
        await change_place(context, asker, target, partial(_add, new=new, now=now), "mute")
        done = _muted(context, target, new, thread, notes)
        return confirm(context, asker, target, done)

    async def unmute(parsed: Parsed, asker: Asker) -> Answer:
        _check(parsed)
        target = await find_target(context, parsed.where, asker)
        await check_permission(context, asker, target)
        now = context.clock()
        muted = await context.store.places.get(target.to)
        thread = await _muted_thread(context, muted, parsed.text) if parsed.text else ""
        ended: list[Mute] = []

        def end(place: Place) -> Place:
            changed = choices.unmute(place, now, parsed.types, thread)
            ended[:] = [m for m in _current(place, now) if m not in changed.mutes]
            return changed

        end(muted)
        if not ended:
            where = "for you" if target.owner else "here"
            return nothing_done(context, f"Nothing like that is muted {where}: nothing changed")
        await change_place(context, asker, target, end, "unmute")
        what = joined([*dict.fromkeys(map(subject, ended))])
        undo = [_mute_again(context, m, now, target.suffix) for m in ended[:_MOST_UNDOS]]
        if target.owner:
            done = Done("You get", what, f" {target.way} again", undo=undo)
        else:
            done = Done("has unmuted", what, " in this channel", undo=undo)
        return confirm(context, asker, target, done)

    return {"mute": mute, "unmute": unmute}


def _check(parsed: Parsed) -> None:
    check_size(parsed)
    if parsed.types and parsed.text:
        raise NotUnderstood("Write either types or one id: `/juicebox mute 2h search`.")


async def _end(
    context: AppContext, asker: Asker, text: str, now: datetime
) -> tuple[datetime | None, list[str]]:
    """Return when the mute ends in the asker's time zone, and what to say about that."""
    person = await find_person(context, asker)
    zone = zone_of(Place(zone=person.zone if person else "UTC"))
    try:
        until = parse_end(text, now, zone)
    except ValueError as error:
        raise NotUnderstood(f"{error}.") from None
    notes = [_COUNTED if until else _FOREVER]
    if person is None and text.casefold().startswith("until"):
        notes.append(ZONE_UNKNOWN)
    return until, notes


def _add(place: Place, new: Mute, now: datetime) -> Place:
    changed = choices.mute(place, new, now)
    if len(changed.mutes) > _MOST_MUTES:
        raise NotUnderstood(
            f"{_MOST_MUTES} things are muted here already, which is the most. `/juicebox unmute` ends all."
        )
    return changed


def _muted(
    context: AppContext, target: Target, new: Mute, thread: Thread | None, notes: list[str]
) -> Done:
    what = f"everything about “{thread.summary}”" if thread else kinds(new.types)
    if target.owner:
        before, after = "Muted:", f", which you would get {target.way},"
    else:
        before, after = "has muted", " in this channel"
    about = thread.id if thread else _types_of(context, new)
    undo = f"/juicebox unmute{about and f' {about}'}{target.suffix}"
    return Done(
        before, what, after.rstrip(",") if new.until is None else after, new.until, notes, [undo]
    )


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


async def _muted_thread(context: AppContext, place: Place, text: str) -> str:
    """Return the muted thread that is meant, or the one of the event with this id."""
    threads = {m.thread for m in place.mutes if m.thread and text in m.thread}
    if len(threads) == 1:
        return threads.pop()
    return (await find_thread(context, text)).name


def _current(place: Place, now: datetime) -> list[Mute]:
    return [mute for mute in place.mutes if mute.until is None or mute.until > now]
