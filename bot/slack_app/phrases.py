"""Rules, mutes and quiet hours in words, and as the commands that make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model import NOTICE_TEMPLATE, Audience, Destination, Transport, in_words
from bot.model.schedule import QuietHours
from bot.model.subscription import EVERYTHING, Mute, Place, Subscription, matches
from bot.rendering.graphemes import cut
from bot.slack_app.context import AppContext

_LONGEST_NAME = 60
_LONGEST_QUERY = 80
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Given:
    """What a setting gives a place."""

    setting: str
    types: tuple[str, ...]


def given(context: AppContext, to: Destination) -> list[Given]:
    """Return what each of the settings that name the destination gives it."""
    found = []
    for audience, destinations in context.audiences.items():
        if to in destinations:
            types = [t for t, its in context.audience_of.items() if its is audience]
            if audience is Audience.OPERATORS:
                types.append(NOTICE_TEMPLATE)
            found.append(Given(_setting(context, audience, to), tuple(types)))
    return found


def still_given(
    settings: Sequence[Given], place: Place, types: Sequence[str] = (EVERYTHING,)
) -> list[Given]:
    """Return what the settings give a place of these types, after what it has unsubscribed from."""
    found = []
    for setting in settings:
        kept = [
            t for t in setting.types if matches(types, t) and not matches(place.unsubscribed, t)
        ]
        if kept:
            found.append(Given(setting.setting, tuple(kept)))
    return found


def _setting(context: AppContext, audience: Audience, to: Destination) -> str:
    """Return the setting's name. Without alert destinations, those of recruiters get the alerts."""
    names = {
        Transport.SLACK: ("SLACK_CHANNEL", "SLACK_ALERT_CHANNEL"),
        Transport.EMAIL: ("EMAIL_TO", "EMAIL_ALERT_TO"),
    }
    usual, alert = names[to.transport]
    is_usual = audience is Audience.RECRUITERS or to in context.audiences[Audience.RECRUITERS]
    return usual if is_usual else alert


def kinds(types: Sequence[str], excluded: Sequence[str] = ()) -> str:
    """Return `Search completed, Export ready` or `everything except Quota warning`."""
    left_out = f" except {joined([*map(_kind, excluded)])}" if excluded else ""
    return joined([*map(_kind, types)]) + left_out


def joined(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} +{rest} more" if rest > 0 else shown


def _kind(name: str) -> str:
    if name == EVERYTHING:
        return "everything"
    if name == NOTICE_TEMPLATE:
        return "failures"
    shown = name if EVERYTHING in name else in_words(name) or name
    return cut(shown, _LONGEST_NAME)


def subject(rule: Subscription | Mute) -> str:
    """Return what a rule or a mute is about, without its filters."""
    thread = rule.follows if isinstance(rule, Subscription) else rule.thread
    if thread:
        kind, _, thread_id = thread.partition(":")
        return f"{in_words(kind)} {cut(thread_id, _LONGEST_NAME)}"
    return kinds(rule.types, rule.excluded if isinstance(rule, Subscription) else ())


def conditions(rule: Subscription) -> str:
    """Return its filters, with a space before them: ` with “backend” in the search, 100 or more`."""
    found = []
    if rule.query:
        found.append(f"with “{cut(rule.query, _LONGEST_QUERY)}” in the search")
    if rule.minimum is not None:
        found.append(f"with {rule.minimum:,} or more results or records")
    return f" {' and '.join(found)}" if found else ""


def hours(quiet: QuietHours) -> str:
    text = f"{quiet.start:%H:%M}–{quiet.end:%H:%M}"  # noqa: RUF001  # a dash between times
    return f"{text} and all weekend" if quiet.weekends else text


def subscribe_command(context: AppContext, rule: Subscription, suffix: str) -> str:
    """Return the command that makes the rule again."""
    parts = [f"/juicebox subscribe {typed(context.aliases, rule.types)}"]
    if rule.query:
        parts.append('query:"' + rule.query.replace('"', "") + '"')
    if rule.minimum is not None:
        parts.append(f"min:{rule.minimum}")
    return " ".join(parts) + suffix


def typed(aliases: Mapping[str, str], types: Sequence[str]) -> str:
    """Return the types as people type them."""
    short = {event_type: name for name, event_type in aliases.items()}
    return " ".join("all" if t == EVERYTHING else short.get(t, t) for t in types)
