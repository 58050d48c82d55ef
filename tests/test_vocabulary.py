"""Words and names that this project does not use any more, with what to write instead."""

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = (
    "bot",
    "handlers",
    "templates",
    "tests",
    ".github",
    ".ci",
    "README.md",
    "Makefile",
    "pyproject.toml",
)
SUFFIXES = {
    "",
    ".sh",
    ".py",
    ".lua",
    ".j2",
    ".md",
    ".html",
    ".css",
    ".js",
    ".yaml",
    ".yml",
    ".toml",
}
EXCLUDED = ("tests/fixtures/", "tests/golden/", "tests/fuzz/corpus/", "tests/test_vocabulary.py")
"""Data, and this file."""

WORDS = {
    "door doors": "endpoint",
    "mend mends mended mending": "fix, repair, restore",
    "bury buries buried burying": "dead-letter",
    "unbury unburied": "restore",
    "revive revives revived reviving": "requeue, restore",
    "unsure": "maybe_delivered",
    "patience patiently impatient": "timeout, rate limit",
    "weather": "simulated failures",
    "mishap mishaps": "failure",
    "laps": "server timing",
    "garble garbles garbled": "unreadable",
}
"""Not to be used anywhere: neither as a word nor as a part of a name, in any case."""

NAMES = {
    "SlackSide": "SlackEndpoints",
    "SlackDoor": "SlackEndpoint",
    "Known": "StoredRecord",
    "Move Mover": "Transition, Transitions",
    "Turns turns": "rate limit, pacing",
    "NOBODY": "None: a skipped delivery has no destination",
    "Trouble trouble": "Problem",
    "Trails trails": "timeline",
    "Stage stage": "playground",
    "ensure": "check_lease",
    "letter": "mime_message, mail",
    "happened what_happened": "event_summary",
    "beside": "background, alongside",
    "passing": "transient",
    "paced": "rate_limited",
    "patient": "timeout",
    "dead_member": "DeadLetter",
    "complaints": "block_errors",
    "_hearing_first": "install_signal_handlers",
    "_OwnKeys": "_TestKeyClient",
    "_ClosedIsLost": "_ClosedConnection",
    "_AGAIN _AGAIN_SECONDS": "*_INTERVAL",
    "_APART": "*_INTERVAL",
    "_PLACE_SECONDS": "*_TIMEOUT",
    "_EARLY": "*_TOLERANCE",
    "HANG_SECONDS": "HANG_TIMEOUT",
}
"""Not to be used as names in code, nor in paths. As words of a text, most are plain English."""

PHRASES = {
    r"signs? of life": "heartbeat",
    r"died of": "exited",
    r"\bits turn\b": "rate limit, slot",
    r"DeliveryError\.final": "DeliveryError.permanent",
    r"bot[./]demo\b": "bot.fakes, bot.playground",
    r"bot[./]operations\b": "bot.doctor, bot.logging, bot.metrics",
    r"delivery[./]senders\b": "bot.transports",
    r"tests\.making\b": "tests.factories",
    r"tests\.captured\b": "tests.event_fixtures",
    r"tests\.running\b": "tests.app",
    r"tests\.(?:due|waiting)\b": "tests.polling, tests.queue_times",
}
"""Regular expressions that must not match anywhere."""

EXCEPTIONS: Mapping[str, tuple[str, ...]] = {
    "unsure": (  # the name of a field in Redis until release 0.4.0
        "bot/store/migration.py",
        "tests/fuzz/stored_targets.py",
        "tests/store/test_migration.py",
    ),
    "letter": ("bot/playground/page/slack_message.js",),  # one of the alphabet
}
"""The files in which a word is right."""


def by_form(table: Mapping[str, str]) -> dict[str, str]:
    return {form: instead for forms, instead in table.items() for form in forms.split()}


WORD_FORMS, NAME_FORMS = by_form(WORDS), by_form(NAMES)
_ANY_CASE = "|".join(WORD_FORMS)
_CAPITALIZED = "|".join(word.capitalize() for word in WORD_FORMS)
WORD = re.compile(rf"(?<![A-Za-z])(?i:{_ANY_CASE})(?![a-z])|(?<=[a-z])(?:{_CAPITALIZED})(?![a-z])")
"""As a word, or in a name such as `open_door`, `OPEN_DOOR` or `openDoor`."""
NAME = re.compile(rf"\b(?:{'|'.join(NAME_FORMS)})\b")
DEMO = re.compile(
    r"(?<![`./-])(?<!\bmake )(?<!\bbot )(?<!Juicebox )(?<!whsec_)demo(?!-)", re.IGNORECASE
)
"""The command `demo` starts the playground, whose code has one name for it."""
PHRASE = re.compile("|".join(f"({phrase})" for phrase in PHRASES), re.IGNORECASE)

_STRING = r"""\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"""
NO_CODE = {
    ".js": re.compile(rf"{_STRING}|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/", re.DOTALL),
    ".lua": re.compile(rf"{_STRING}|--[^\n]*"),
    ".j2": re.compile(rf"{_STRING}|(?:^|[}}%#]}})(?:(?!{{[{{%]).)*", re.DOTALL),
    ".sh": re.compile(rf"{_STRING}|(?<!\S)#[^\n]*"),
    "": re.compile(rf"{_STRING}|(?<!\S)#[^\n]*"),
}
"""Strings and comments by suffix; in a template also the text; without a suffix it is shell, or a Makefile."""


def found_in(path: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the old word or name, and what to write instead."""
    for match in WORD.finditer(text):
        yield _line(text, match), match[0], WORD_FORMS[match[0].lower()]
    for match in PHRASE.finditer(text):
        yield _line(text, match), match[0], [*PHRASES.values()][(match.lastindex or 1) - 1]
    if NAME.search(text):  # tokenizing takes time
        for line, name in _names_in(path, text):
            yield line, name, NAME_FORMS[name]
    for match in DEMO.finditer(text) if path.startswith("bot/playground/") else ():
        yield _line(text, match), match[0], "playground"
    for part in re.split(r"[./]", path):
        if instead := NAME_FORMS.get(part) or WORD_FORMS.get(part):
            yield 1, part, instead


def _names_in(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the form of each old name in code, which is not in a string or a comment."""
    if path.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and token.string in NAME_FORMS:
                yield token.start[0], token.string
    elif no_code := NO_CODE.get(Path(path).suffix):
        code = no_code.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
        for match in NAME.finditer(code):
            yield _line(code, match), match[0]


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def problems_in(path: str, text: str) -> list[str]:
    return [
        f"{path}:{line}: {old!r} -> write {instead!r}"
        for line, old, instead in sorted(found_in(path, text))
        if path not in EXCEPTIONS.get(old.lower(), ())
    ]


def paths() -> Iterator[str]:
    for place in PLACES:
        folder = ROOT / place
        for file in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            path = file.relative_to(ROOT).as_posix()
            if file.is_file() and file.suffix in SUFFIXES and not path.startswith(EXCLUDED):
                yield path


def test_old_words_and_names_are_not_used() -> None:
    found = [line for path in paths() for line in problems_in(path, (ROOT / path).read_text())]
    if found:
        pytest.fail("old words, see tests/test_vocabulary.py:\n" + "\n".join(found), pytrace=False)


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("a.md", "one\nany door", "a.md:2: 'door' -> write 'endpoint'"),
        ("a.js", "openDoor()", "a.js:1: 'Door' -> write 'endpoint'"),
        ("a.lua", "BURY_IT = 1", "a.lua:1: 'BURY' -> write 'dead-letter'"),
        ("a.py", "proxy.mend()", "a.py:1: 'mend' -> write 'fix, repair, restore'"),
        ("a.py", "x = Trouble()", "a.py:1: 'Trouble' -> write 'Problem'"),
        ("a.py", "_EARLY = 1", "a.py:1: '_EARLY' -> write '*_TOLERANCE'"),
        ("a.py", "_PATIENCE = 1", "a.py:1: 'PATIENCE' -> write 'timeout, rate limit'"),
        ("a.js", "// turns\nsay(`turns`, turns)", "a.js:2: 'turns' -> write 'rate limit, pacing'"),
        ("a.lua", "-- paced\nlocal paced = 1", "a.lua:2: 'paced' -> write 'rate_limited'"),
        ("a.j2", "passing {{ 'passing' }}{{ passing }}", "a.j2:1: 'passing' -> write 'transient'"),
        ("run", '# stage\necho "stage" $stage', "run:2: 'stage' -> write 'playground'"),
        ("a.html", "No sign of life", "a.html:1: 'sign of life' -> write 'heartbeat'"),
        ("bot/playground/a", "make demo\nDemo", "bot/playground/a:2: 'Demo' -> write 'playground'"),
        ("bot/letter.py", "", "bot/letter.py:1: 'letter' -> write 'mime_message, mail'"),
        ("bot/laps.py", "", "bot/laps.py:1: 'laps' -> write 'server timing'"),
    ],
)
def test_an_old_word_is_found(path: str, text: str, problem: str) -> None:
    assert problems_in(path, text) == [problem]


@pytest.mark.parametrize(
    "text", ["amend, outdoor, overlaps", "# what happened in turns", "dead_letter = ensure_future"]
)
def test_other_words_are_permitted(text: str) -> None:
    assert problems_in("a.py", text) == []


@pytest.mark.parametrize("word", EXCEPTIONS)
def test_every_exception_is_needed(word: str) -> None:
    for path in EXCEPTIONS[word]:
        assert word in {old for _, old, _ in found_in(path, (ROOT / path).read_text())}, path
