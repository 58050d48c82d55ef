"""What can be typed after `/juicebox`: a table of commands, and one parser for all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from bot.rendering.graphemes import cut
from bot.slack_app.arguments import (
    Argument,
    NotUnderstood,
    Parsed,
    take_filters,
    take_id,
    take_number,
    take_text,
    take_types,
    take_until,
    take_where,
    take_window,
)
from bot.transports.slack.mrkdwn import unescape

__all__ = ["COMMANDS", "NotUnderstood", "Parsed", "Usage", "parse"]

_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'))
"""What keyboards make of straight quotation marks."""
_TOKENS = re.compile(r'\w+:"[^"]*"?|"[^"]*"?|\S+')
_CLOSE = 0.6
_LONGEST_SHOWN = 60
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Usage:
    """A row of the table. `arguments` are tried in order; `needs` says what must not be missing."""

    name: str
    syntax: str
    summary: str
    arguments: Sequence[Argument] = ()
    needs: str = ""
    examples: Sequence[str] = field(default_factory=tuple)


_TABLE = (
    Usage("status", "status [event id]", "how things stand, or one event in detail", (take_text,)),
    Usage(
        "subscribe",
        'subscribe <types|all> [query:"words"] [min:N] [me|email]',
        "have this channel, or yourself, get more",
        (take_filters, take_where, take_types),
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
        (take_where, take_types, take_number),
        "types or number",
        ("unsubscribe export", "unsubscribe 2 me"),
    ),
    Usage(
        "subscriptions", "subscriptions", "what this channel and you get, and why", (take_where,)
    ),
    Usage(
        "mute",
        "mute <2h|until 9:00|until monday 9:00|forever> [types|id] [me]",
        "have a break",
        (take_until, take_where, take_types, take_id),
        "until",
        ("mute 2h", "mute until monday 9:00 search me", "mute forever profile"),
    ),
    Usage("unmute", "unmute [types|id] [me]", "end the break", (take_where, take_types, take_id)),
    Usage(
        "quiet",
        "quiet <19:00-08:00> [weekends] | off",
        "hold your own messages at night",
        (take_window,),
        "",
        ("quiet 19:00-08:00 weekends", "quiet off"),
    ),
    Usage(
        "why",
        "why <event id, part of it, or words>",
        "why a message came, or did not",
        (take_text,),
        "text",
    ),
    Usage("exports", "exports", "recent exports that can be downloaded"),
    Usage("failed", "failed", "what could not be sent"),
    Usage("retry", "retry <id|all>", "send again what could not be sent", (take_text,), "text"),
    Usage("test", "test", "send a sample to this channel"),
    Usage("help", "help [command]", "this list, or one command in detail", (take_text,)),
)
COMMANDS: Mapping[str, Usage] = {usage.name: usage for usage in _TABLE}


def parse(text: str, aliases: Mapping[str, str]) -> Parsed:
    """Read what was typed; `aliases` are short names of event types.

    Raises:
        NotUnderstood: with a sentence that says how to write it.
    """
    if len(text) > _LONGEST:
        raise NotUnderstood(f"That is too long: a command has at most {_LONGEST:,} characters.")
    words = [found.strip('"') if found.startswith('"') else found for found in _words(text)]
    if not words:
        return Parsed("help")
    typed = text.strip().partition(" ")[2].strip()
    name = words.pop(0)
    usage = COMMANDS.get(name.casefold())
    if usage is None:
        raise NotUnderstood(_unknown(name, COMMANDS))
    parsed = Parsed(usage.name, typed=typed)
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
    close = get_close_matches(name.casefold(), known, n=1, cutoff=_CLOSE)
    if close:
        return f"Did you mean `/juicebox {close[0]}`?"
    return f"I don't know “{shown(name)}”. `/juicebox help` lists what I know."


def _misplaced(word: str, usage: Usage, aliases: Mapping[str, str]) -> str:
    close = get_close_matches(word.casefold(), aliases, n=1, cutoff=_CLOSE)
    hint = f" Did you mean `{close[0]}`?" if close and take_types in usage.arguments else ""
    return f"I don't know “{shown(word)}” here.{hint} Write it as `/juicebox {usage.syntax}`{_example(usage)}"


def shown(word: str) -> str:
    return cut(word.replace("`", "'"), _LONGEST_SHOWN)


def _example(usage: Usage) -> str:
    return f", for example `/juicebox {usage.examples[0]}`." if usage.examples else "."
