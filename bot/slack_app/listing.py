"""`/juicebox subscriptions`: what this channel and oneself get, since when, and by whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.subscriptions import zone_of
from bot.model.subscription import Mute, Place, matches
from bot.slack_app.arguments import NotUnderstood, Parsed, Where
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.destinations import find_current, find_target
from bot.slack_app.phrases import Given, conditions, given, hours, kinds, still_given, subject
from bot.slack_app.target import Target

_MOST_SHOWN = 25
"""Of each place. More than one answer holds would be cut off."""


@dataclass(frozen=True, slots=True)
class Row:
    """A rule or a mute as the template shows it; `number` is 0 for what no command names by one."""

    subject: str
    after: str = ""
    number: int = 0
    by: str = ""
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """What one place gets."""

    title: str
    given: Sequence[Row] = ()
    overridden: str = ""
    """What the settings would give it, and what it has unsubscribed from."""
    rules: Sequence[Row] = ()
    followed: Sequence[Row] = ()
    mutes: Sequence[Row] = ()
    quiet: str = ""
    paused: str = ""
    left_out: int = 0
    suffix: str = ""
    """What a command about the place ends with."""

    @property
    def is_empty(self) -> bool:
        return not (self.given or self.overridden or self.rules or self.followed)


def listing_commands(context: AppContext) -> Mapping[str, Command]:
    async def subscriptions(_: Parsed, asker: Asker) -> Answer:
        sections: list[Section] = []
        problem = ""
        if not asker.is_direct:
            try:
                here = await find_target(context, Where.HERE, asker)
                sections.append(await section_of(context, here, "This channel gets"))
            except NotUnderstood as error:
                problem = str(error)
        sections += await own_sections(context, asker)
        return Answer(context.screen("subscriptions", sections=sections, problem=problem))

    return {"subscriptions": subscriptions}


async def own_sections(context: AppContext, asker: Asker) -> list[Section]:
    """Return what the asker gets as direct messages, and by mail if there is anything."""
    me, *mails = await find_current(context, asker)
    sections = [await section_of(context, me, f"You get {me.way}")]
    for mail in mails:
        by_mail = await section_of(context, mail, f"You get {mail.way}")
        sections += [] if by_mail.is_empty and not by_mail.mutes else [by_mail]
    return sections


async def section_of(context: AppContext, target: Target, title: str) -> Section:
    place, now = await context.store.places.get(target.to), context.clock()
    rows = list(_rules(context, place, now))
    settings = given(context, target.to)
    overridden = [
        t for setting in settings for t in setting.types if matches(place.unsubscribed, t)
    ]
    return Section(
        title=title,
        given=[_given(setting) for setting in still_given(settings, place)],
        overridden=kinds(overridden) if overridden else "",
        rules=[row for row, follows in rows if not follows][:_MOST_SHOWN],
        followed=[row for row, follows in rows if follows][:_MOST_SHOWN],
        mutes=[_mute(mute) for mute in place.mutes if mute.until is None or mute.until > now],
        quiet=f"{hours(place.quiet)} ({zone_of(place).key})" if place.quiet else "",
        paused=place.paused,
        left_out=sum(
            max(0, sum(follows is kind for _, follows in rows) - _MOST_SHOWN)
            for kind in (True, False)
        ),
        suffix=target.suffix,
    )


def _rules(context: AppContext, place: Place, now: datetime) -> Iterator[tuple[Row, bool]]:
    """Yield each rule with its number, and whether it follows a thread."""
    for number, rule in enumerate(place.subscriptions, start=1):
        if not rule.is_expired(now, context.store.retention):
            about = _capitalized(subject(rule))
            row = Row(about, conditions(rule), number, rule.made_by, rule.made_at)
            yield row, bool(rule.follows)


def _given(setting: Given) -> Row:
    return Row(kinds(setting.types), f", by the setting {setting.setting}")


def _mute(mute: Mute) -> Row:
    return Row(_capitalized(subject(mute)), by=mute.made_by, at=mute.since, until=mute.until)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
