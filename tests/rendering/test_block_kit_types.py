"""The Block Kit of every recorded message is a literal of Slack's own types, `@slack/types`.

What the other tests send to the local Slack is checked at the end of the session: tests/recorded_blocks.py.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.slack_types import (
    BLOCK,
    HOME,
    MODAL,
    literals_of,
    shape_of,
    type_errors,
    why_unavailable,
)

GOLDEN = Path(__file__).parents[1] / "golden"
PLAIN = {"type": "plain_text", "text": "Juicebox", "emoji": False}

needs_types = pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable())


def test_every_golden_message_is_of_slacks_types(tmp_path: Path) -> None:
    paths = sorted(GOLDEN.glob("*.slack.json"))
    assert paths
    if reason := why_unavailable():
        pytest.skip(reason)
    literals = {
        literal
        for path in paths
        for literal in literals_of(json.loads(path.read_text(encoding="utf-8"))["blocks"])
    }
    assert type_errors(literals, tmp_path) == []


@needs_types
def test_other_literals_are_refused(tmp_path: Path) -> None:
    bold = {"type": "button", "text": PLAIN, "style": "bold", "action_id": "x"}
    wrong: list[tuple[str, Any]] = [
        (BLOCK, {"type": "heading", "text": PLAIN}),
        (BLOCK, {"type": "header"}),
        (BLOCK, {"type": "header", "text": {"type": "mrkdwn", "text": "x"}}),
        (BLOCK, {"type": "header", "text": PLAIN, "colour": "red"}),
        (BLOCK, {"type": "actions", "elements": [bold]}),
        (HOME, {"type": "modal", "blocks": []}),
        (MODAL, {"type": "modal", "blocks": []}),
    ]
    literals = {(kind, json.dumps(literal)) for kind, literal in wrong}
    fine = (BLOCK, json.dumps({"type": "header", "text": PLAIN}))
    errors = type_errors({*literals, fine}, tmp_path)
    named = {error.partition("\n    ")[2] for error in errors}
    assert named == {f"{kind}: {text}" for kind, text in literals}


def test_blocks_that_differ_in_their_texts_alone_are_checked_once() -> None:
    blocks = [{"type": "header", "text": {**PLAIN, "text": text}} for text in ("One.", "Two.")]
    assert len(literals_of(blocks)) == 1
    assert shape_of({"style": "primary", "value": "A text."}) == {
        "style": "primary",
        "value": "Text",
    }
