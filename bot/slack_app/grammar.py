"""What can be typed after `/juicebox`: a table of commands, and one parser for all of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum

from bot.errors import BotError
from bot.model.schedule import QuietHours, parse_time
from bot.model.subscription import EVERYTHING
from bot.transports.slack.mrkdwn import unescape

_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'))
"""What keyboards make of straight quotation marks."""
_TOKENS = re.compile(r'\w+:"[^"]*"?|"[^"]*"?|\S+')
_TYPE = re.compile(r"[\w*-]+(?:\.[\w*-]+)+|\*")
_WINDOW = re.compile(r"(.+?)\s*[-\u2013\u2014]\s*(.+)")
_MOST_RESULTS = 10**9
_CLOSE = 0.6


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
    """The rest, as typed: an id, a part of one, or words."""


Argument = Callable[[Parsed, list[str], Mapping[str, str]], Parsed | None]
"""Takes its words from the front of the list; returns None if they are not its own."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A row of the table. `arguments` are tried in order; `needs` says what must not be missing."""

    name: str
    syntax: str
    summary: str
    arguments: Sequence[Argument] = ()
    needs: str = ""
    examples: Sequence[str] = field(default_factory=tuple)


def _where(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    given = words[0].casefold()
    if given not in {Where.ME, Where.EMAIL}:
        return None
    del words[0]
    return replace(parsed, where=Where(given))


def _types(parsed: Parsed, words: list[str], aliases: Mapping[str, str]) -> Parsed | None:
    """Take one type: its name, a short name, one with `*`, or `all`."""
    given = words[0].casefold().strip(",")
    found = EVERYTHING if given in {"all", EVERYTHING} else aliases.get(given, "")
    if not found and _TYPE.fullmatch(given):
        found = given
    if not found:
        return None
    del words[0]
    return replace(parsed, types=tuple(dict.fromkeys((*parsed.types, found))))


def _number(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    digits = words[0].removeprefix("#")
    if not digits.isdecimal() or len(digits) > 4 or parsed.number is not None:  # noqa: PLR2004  # no list is longer
        return None
    del words[0]
    return replace(parsed, number=int(digits))


def _filters(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
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
    if not number.isdecimal() or int(number) > _MOST_RESULTS:
        raise NotUnderstood(f"`min:` needs a whole number, as in `min:100`, not “{value}”.")
    del words[0]
    return replace(parsed, minimum=int(number))


def _until(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
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


def _window(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    """Take `19:00-08:00`, with spaces or without, then perhaps `weekends`; or `off`."""
    if words[0].casefold() == "off":
        del words[0]
        return replace(parsed, off=True)
    weekends = words[-1].casefold() in {"weekends", "weekend"}
    given = " ".join(words[:-1] if weekends else words)
    found = _WINDOW.fullmatch(given)
    if not found:
        return None
    try:
        quiet = QuietHours(parse_time(found[1]), parse_time(found[2]), weekends)
    except ValueError as error:
        raise NotUnderstood(f"{error}.") from None
    if quiet.start == quiet.end:
        raise NotUnderstood(
            "Quiet hours need a start and another end: `mute me forever` ends all messages."
        )
    words.clear()
    return replace(parsed, quiet=quiet)


def _text(parsed: Parsed, words: list[str], _: Mapping[str, str]) -> Parsed | None:
    given = " ".join(words)
    words.clear()
    return replace(parsed, text=given)


_TABLE = (
    Usage("status", "status [event id]", "how things stand, or one event in detail", (_text,)),
    Usage(
        "subscribe",
        'subscribe <types|all> [query:"words"] [min:N] [me|email]',
        "have this channel, or yourself, get more",
        (_filters, _where, _types),
        "types",
        (
            "subscribe search min:100",
            'subscribe search query:"backend berlin" me',
            "subscribe all email",
        ),
    ),
    Usage(
        "unsubscribe",
        "unsubscribe <types|all|number> [me|email]",
        "have this channel, or yourself, get less",
        (_where, _types, _number),
        "types or number",
        ("unsubscribe export", "unsubscribe 2 me"),
    ),
    Usage("subscriptions", "subscriptions", "what this channel and you get, and why"),
    Usage(
        "mute",
        "mute <2h|until 9:00|until monday 9:00|forever> [types|id] [me]",
        "have a break",
        (_until, _where, _types, _text),
        "until",
        ("mute 2h", "mute until monday 9:00 search me", "mute forever profile"),
    ),
    Usage("unmute", "unmute [types|id] [me]", "end the break", (_where, _types, _text)),
    Usage(
        "quiet",
        "quiet <19:00-08:00> [weekends] | off",
        "hold your own messages at night",
        (_window,),
        "",
        ("quiet 19:00-08:00 weekends", "quiet off"),
    ),
    Usage(
        "why",
        "why <event id, part of it, or words>",
        "why a message came, or did not",
        (_text,),
        "text",
    ),
    Usage("exports", "exports", "recent exports that can be downloaded"),
    Usage("failed", "failed", "what could not be sent"),
    Usage("retry", "retry <id|all>", "send again what could not be sent", (_text,), "text"),
    Usage("test", "test", "send a sample to this channel"),
    Usage("console", "console", "the operators' pages"),
    Usage("help", "help [command]", "this list, or one command in detail", (_text,)),
)
COMMANDS: Mapping[str, Usage] = {usage.name: usage for usage in _TABLE}


def parse(text: str, aliases: Mapping[str, str]) -> Parsed:
    """Read what was typed; `aliases` are short names of event types.

    Raises:
        NotUnderstood: with a sentence that says how to write it.
    """
    words = [found.strip('"') if found.startswith('"') else found for found in _words(text)]
    if not words:
        return Parsed("help")
    name = words.pop(0).casefold()
    usage = COMMANDS.get(name)
    if usage is None:
        raise NotUnderstood(_unknown(name, COMMANDS))
    parsed = Parsed(usage.name)
    while words:
        for take in usage.arguments:
            taken = take(parsed, words, aliases)
            if taken is not None:
                parsed = taken
                break
        else:
            raise NotUnderstood(_misplaced(words[0], usage, aliases))
    if usage.needs and not _has(parsed, usage.needs):
        raise NotUnderstood(f"Write it as `/juicebox {usage.syntax}`{_example(usage)}")
    return parsed


def _words(text: str) -> list[str]:
    return _TOKENS.findall(unescape(text).translate(_QUOTES))


def _has(parsed: Parsed, needs: str) -> bool:
    return any(getattr(parsed, name) not in {"", (), None} for name in needs.split(" or "))


def _unknown(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=_CLOSE)
    if close:
        return f"Did you mean `/juicebox {close[0]}`?"
    return f"I don't know “{name}”. `/juicebox help` lists what I know."


def _misplaced(word: str, usage: Usage, aliases: Mapping[str, str]) -> str:
    close = get_close_matches(word.casefold(), aliases, n=1, cutoff=_CLOSE)
    hint = f" Did you mean `{close[0]}`?" if close and _types in usage.arguments else ""
    return (
        f"I don't know “{word}” here.{hint} Write it as `/juicebox {usage.syntax}`{_example(usage)}"
    )


def _example(usage: Usage) -> str:
    return f", for example `/juicebox {usage.examples[0]}`." if usage.examples else "."
