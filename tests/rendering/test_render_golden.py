"""The exact message and mail of every captured event.

`pytest tests/rendering/test_render_golden.py --record-golden` records them anew.
"""

import json
from pathlib import Path

import pytest

from bot.model import Notification
from bot.rendering.templates import context_of
from tests.event_fixtures import NAMES, TOLD
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER

GOLDEN = Path(__file__).parents[1] / "golden"


def rendered(notification: Notification) -> dict[str, str]:
    """What golden files hold, by the end of their name."""
    context = context_of(notification, NOW)
    message = SLACK_RENDERER.render_template(notification.template, context)
    mail = MAIL_RENDERER.render_template(notification.template, context)
    slack = {"text": message.text, "blocks": message.blocks}
    return {
        "slack.json": json.dumps(slack, indent=2, ensure_ascii=False) + "\n",
        "mail.txt": f"Subject: {mail.subject}\n\n{mail.text}",
        "mail.html": mail.html,
    }


def test_every_captured_event_notifies_somebody() -> None:
    assert {*NAMES} < {*TOLD}


@pytest.mark.parametrize("name", TOLD)
def test_a_captured_event_becomes_exactly_this_message(
    name: str, pytestconfig: pytest.Config
) -> None:
    for end, text in rendered(TOLD[name]).items():
        golden = GOLDEN / f"{name}.{end}"
        if pytestconfig.getoption("record_golden"):
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8"), f"{golden.name} has changed"


def test_no_golden_file_is_left_over() -> None:
    ends = ("slack.json", "mail.txt", "mail.html")
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{end}" for name in TOLD for end in ends
    }
