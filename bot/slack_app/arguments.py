"""What the commands after `/juicebox` take: places, types, filters, times, and words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.errors import BotError
from bot.model.schedule import QuietHours, parse_time
from bot.model.subscription import EVERYTHING

_TYPE = re.compile(r"[\w*-]+(?:\.[\w*-]+)+|\*")
_DASH = re.compile("[-\u2013\u2014]")
MOST_RESULTS = 10**9


class NotUnderstood(BotError):
    """The text is not a command, or not one that can be carried out; says how to write it."""


class Where(StrEnum):
    """The place that a command is about."""

    HERE = "here"
    ME = "me"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command with its arguments; only those that its row in the table accepts are ever set."""

    command: str
    where: Where = Where.HERE
    types: tuple[str, ...] = ()
    number: int | None = None
    query: str = ""
    minimum: int | None = None
    until: str = ""
    """As `bot.model.schedule.parse_end` reads it; empty if none was given."""
    quiet: QuietHours | None = None
    off: bool = False
    text: str = ""
    """The rest: an id, a part of one, or words."""
    typed: str = field(default="", compare=False)
    """All that follows the command, as Slack sends it."""


Argument = Callable[[Parsed, list[str], Mapping[str, str]], Parsed | None]
"""Takes its words from the front of the list; returns None if they are not its own."""


def take_where(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    given = words[0].casefold()
    if given not in {Where.ME, Where.EMAIL}:
        return None
    del words[0]
    return replace(parsed, where=Where(given))


def take_types(parsed: Parsed, words: list[str], aliases: Mapping[str, str]) -> Parsed | None:
    """Take one type: its name, a short name, one with `*`, or `all`."""
    given = words[0].casefold().strip(",")
    found = EVERYTHING if given in {"all", EVERYTHING} else aliases.get(given, "")
    if not found and _TYPE.fullmatch(given):
        found = given
    if not found:
        return None
    del words[0]
    return replace(parsed, types=tuple(dict.fromkeys((*parsed.types, found))))


def take_number(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    digits = words[0].removeprefix("#")
    if not digits.isdecimal() or len(digits) > 4 or parsed.number is not None:  # noqa: PLR2004  # no list is longer
        return None
    del words[0]
    return replace(parsed, number=int(digits))


def take_filters(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    """Take `query:"words"` or `min:100`."""
    name, colon, value = words[0].partition(":")
    if not colon or name.casefold() not in {"query", "min"}:
        return None
    value = value.strip('"').strip()
    if name.casefold() == "query":
        if not value:
            raise NotUnderstood('`query:` needs words, as in `query:"backend berlin"`.')
        del words[0]
        return replace(parsed, query=value)
    number = value.replace(",", "").replace("_", "")
    if not number.isdecimal() or len(number) > len(str(MOST_RESULTS)) or int(number) > MOST_RESULTS:
        raise NotUnderstood(f"`min:` needs a whole number, as in `min:100`, not “{value}”.")
    del words[0]
    return replace(parsed, minimum=int(number))


def take_until(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    """Take `2h`, `forever`, or `until` with a day, a time or both."""
    first = words[0].casefold()
    if parsed.until:
        return None
    if first == "until":
        count = 2
        while count < len(words) and count < 4 and _is_part_of_a_moment(words[count]):  # noqa: PLR2004  # day, time, am
            count += 1
    elif first == "forever" or re.fullmatch(r"(?:\d+[dhm](?:in)?)+", first):
        count = 1
    else:
        return None
    given = " ".join(words[:count])
    del words[:count]
    return replace(parsed, until=given)


def _is_part_of_a_moment(word: str) -> bool:
    return re.fullmatch(r"\d{1,2}(?::\d{2})?(?:am|pm)?|am|pm", word.casefold()) is not None


def take_window(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    """Take `19:00-08:00`, with spaces or without, then perhaps `weekends`; or `off`.

    Quiet hours are always the asker's own, with `me` or without.
    """
    words[:] = [word for word in words if word.casefold() != Where.ME]
    if [word.casefold() for word in words] == ["off"]:
        words.clear()
        return replace(parsed, off=True)
    if not words:
        return parsed
    weekends = words[-1].casefold() in {"weekends", "weekend"}
    times = _DASH.split(" ".join(words[:-1] if weekends else words), maxsplit=1)
    if len(times) == 1:
        return None
    try:
        start, end = map(parse_time, times)
    except ValueError as error:
        raise NotUnderstood(f"{error}.") from None
    if start == end:
        raise NotUnderstood(
            "Quiet hours must start and end at different times. To get no messages at all, type"
            " `/juicebox mute forever me`."
        )
    quiet = QuietHours(start, end, weekends)
    words.clear()
    return replace(parsed, quiet=quiet)


def take_id(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    """Take one word of an id, so that a place can follow it."""
    return replace(parsed, text=f"{parsed.text} {words.pop(0)}".strip())


def take_text(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    given = " ".join(words)
    words.clear()
    return replace(parsed, text=given)
