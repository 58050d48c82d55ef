"""`/juicebox quiet`: when one's own messages and mails wait for the morning."""

from collections.abc import Mapping

from bot.delivery.subscriptions import zone_of
from bot.model import choices
from bot.model.schedule import QuietHours
from bot.model.subscription import Place
from bot.slack_app.arguments import Parsed
from bot.slack_app.confirmation import Done, confirm, nothing_done, zone_unknown
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.destinations import change_place, find_own
from bot.slack_app.phrases import hours
from bot.slack_app.target import Target

_HELD = (
    "What comes meanwhile waits, and arrives as one summary when they end. A new API key and a used-up"
    " quota come at once. Channels stay as they are."
)
_OFF = "Messages and mails come at any time, and what has waited comes now."


def quiet_commands(context: AppContext) -> Mapping[str, Command]:
    async def quiet(parsed: Parsed, asker: Asker) -> Answer:
        direct, *mails = await find_own(context, asker)
        if parsed.quiet is None and not parsed.off:
            return await _current(context, direct)
        before = await context.store.places.get(direct.to)
        after = await _set(context, asker, direct, parsed.quiet)
        for target in mails:
            await _set(context, asker, target, parsed.quiet)
        return confirm(context, asker, direct, _done(context, direct, before, after))

    return {"quiet": quiet}


async def _set(
    context: AppContext, asker: Asker, target: Target, quiet: QuietHours | None
) -> Place:
    def edit(place: Place) -> Place:
        return choices.set_quiet(place, quiet, target.zone or place.zone, target.owner)

    return await change_place(context, asker, target, edit, "quiet hours")


async def _current(context: AppContext, direct: Target) -> Answer:
    place = await context.store.places.get(direct.to)
    if place.quiet is None:
        return nothing_done(
            context, "You have no quiet hours. To set some: /juicebox quiet 19:00-08:00 weekends"
        )
    return nothing_done(
        context,
        f"Your quiet hours are {hours(place.quiet)} ({zone_of(place).key})."
        " To end them: /juicebox quiet off",
    )


def _done(context: AppContext, direct: Target, before: Place, after: Place) -> Done:
    old = [_command(before.quiet)] if before.quiet else []
    if after.quiet is None:
        return Done("You have", "no quiet hours", notes=[_OFF], undo=old)
    zone = zone_of(after).key
    notes = [_HELD] if direct.zone or zone != "UTC" else [_HELD, zone_unknown(context)]
    undo = old or ["/juicebox quiet off"]
    return Done("Your quiet hours are", hours(after.quiet), f" ({zone})", notes=notes, undo=undo)


def _command(quiet: QuietHours) -> str:
    weekends = " weekends" if quiet.weekends else ""
    return f"/juicebox quiet {quiet.start:%H:%M}-{quiet.end:%H:%M}{weekends}"
