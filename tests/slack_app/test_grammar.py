"""What is typed after `/juicebox`."""

from dataclasses import replace
from datetime import time

import pytest

from bot.model.schedule import QuietHours
from bot.slack_app.arguments import Where
from bot.slack_app.grammar import COMMANDS, NotUnderstood, Parsed, parse

ALIASES = {
    "search": "search.completed",
    "export": "export.ready",
    "profile": "profile.enriched",
    "quota": "quota.warning",
    "key": "key.rotated",
}
SEARCH = ("search.completed",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Parsed("help")),
        ("help mute", Parsed("help", text="mute")),
        ("STATUS", Parsed("status")),
        ("status evt_1", Parsed("status", text="evt_1")),
        ("subscribe search", Parsed("subscribe", types=SEARCH)),
        (
            "subscribe Search, export me",
            Parsed("subscribe", Where.ME, ("search.completed", "export.ready")),
        ),
        ("subscribe all email", Parsed("subscribe", Where.EMAIL, ("*",))),
        ("subscribe me search.*", Parsed("subscribe", Where.ME, ("search.*",))),
        ("subscribe list.updated", Parsed("subscribe", types=("list.updated",))),
        ("subscribe search search.completed", Parsed("subscribe", types=SEARCH)),
        (
            'subscribe search query:"backend berlin" min:1,000',
            Parsed("subscribe", types=SEARCH, query="backend berlin", minimum=1000),
        ),
        (
            "subscribe search query:\u201cC&amp;A &lt;3\u201d",
            Parsed("subscribe", types=SEARCH, query="C&A <3"),
        ),
        ("subscribe search query:rust", Parsed("subscribe", types=SEARCH, query="rust")),
        ("unsubscribe 2 me", Parsed("unsubscribe", Where.ME, number=2)),
        ("unsubscribe #2", Parsed("unsubscribe", number=2)),
        ("unsubscribe all", Parsed("unsubscribe", types=("*",))),
        ("mute 2h", Parsed("mute", until="2h")),
        ("mute until 9:00 search me", Parsed("mute", Where.ME, SEARCH, until="until 9:00")),
        ("mute until monday 9 am", Parsed("mute", until="until monday 9 am")),
        ("mute until Monday", Parsed("mute", until="until Monday")),
        ("mute forever evt_1", Parsed("mute", until="forever", text="evt_1")),
        ("mute 2h evt_1 me", Parsed("mute", Where.ME, until="2h", text="evt_1")),
        ("unmute Event evt_1 me", Parsed("unmute", Where.ME, text="Event evt_1")),
        ("unmute", Parsed("unmute")),
        ("unmute export me", Parsed("unmute", Where.ME, ("export.ready",))),
        ("quiet off", Parsed("quiet", off=True)),
        ("why backend berlin", Parsed("why", text="backend berlin")),
        ("retry all", Parsed("retry", text="all")),
    ],
)
def test_a_command_is_read_with_its_arguments(text: str, expected: Parsed) -> None:
    assert parse(text, ALIASES) == expected


@pytest.mark.parametrize(
    ("text", "weekends"),
    [
        ("19:00-08:00", False),
        ("19:00 - 08:00", False),
        ("7pm\u20138am weekends", True),
        ("19-8 weekend", True),
    ],
)
def test_quiet_hours_are_read(text: str, weekends: bool) -> None:
    quiet = QuietHours(time(19), time(8), weekends)
    assert parse(f"quiet {text}", ALIASES) == replace(Parsed("quiet"), quiet=quiet)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("statsu", "Did you mean `/juicebox status`?"),
        ("subscibe search", "Did you mean `/juicebox subscribe`?"),
        ("dance", "I don't know “dance”."),
        ("subscribe", "Write it as `/juicebox subscribe <types|all>"),
        ("subscribe serach", "Did you mean `search`?"),
        ("subscribe search min:many", "`min:` needs a whole number"),
        ('subscribe search query:""', "`query:` needs words"),
        ("unsubscribe", "Write it as `/juicebox unsubscribe"),
        ("unsubscribe 12345", "I don't know “12345” here."),
        ("mute", "Write it as `/juicebox mute"),
        ("mute search", "Write it as `/juicebox mute"),
        ("quiet 25:00-8:00", "“25:00” is not a time of day"),
        ("quiet 9:00-9:00", "Quiet hours must start and end at different times"),
        ("quiet nightly", "I don't know “nightly” here."),
        (f"quiet a{' ' * 900}-{' ' * 900}", "is not a time of day"),
        (f"quiet {'9' * 3000}", "That is too long"),
        (f"subscribe search min:{'9' * 1900}", "`min:` needs a whole number"),
        ("exports now", "I don't know “now” here."),
        ("why", "Write it as `/juicebox why"),
    ],
)
def test_what_is_not_a_command_is_explained(text: str, answer: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse(text, ALIASES)
    assert answer in str(refused.value)


def test_every_example_in_the_help_is_a_command() -> None:
    examples = [example for usage in COMMANDS.values() for example in usage.examples]
    assert all(parse(example, ALIASES).command in COMMANDS for example in examples)
