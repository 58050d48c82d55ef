"""Every captured event as the exact message and mail that it becomes.

`pytest tests/delivery/test_render_golden.py --record-golden` records them anew.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.render import Renderer, context_of
from bot.model import Audience, Notification
from tests.captured import NAMES, captured, notifications_of
from tests.making import NOW

GOLDEN = Path(__file__).parents[1] / "golden"
RENDERER = Renderer()

DEAD_DELIVERY = Notification(
    event_id="evt_srch_0001",
    event_type="search.completed",
    occurred_at=NOW,
    audience=Audience.OPERATORS,
    template="dead_letter",
    context={
        "subject_kind": "delivery",
        "subject_id": "dlv_8d3f0a91c2b7",
        "about": "search.completed",
        "destination": "slack:C0RECRUIT",
        "reason": "Slack says channel_not_found",
        "attempts": 1,
        "command": "python -m bot retry dlv_8d3f0a91c2b7",
    },
)
DEAD_EVENT = replace(
    DEAD_DELIVERY,
    context={
        "subject_kind": "event",
        "subject_id": "evt_srch_0001",
        "about": "search.completed",
        "destination": "",
        "reason": "data.searchId is missing",
        "attempts": 0,
        "command": "python -m bot retry evt_srch_0001",
    },
)
TOLD = {
    **{name: notification for name in NAMES for notification in notifications_of(captured(name))},
    "dead_letter.delivery": DEAD_DELIVERY,
    "dead_letter.event": DEAD_EVENT,
}


def rendered(notification: Notification) -> dict[str, str]:
    """What golden files hold, by the end of their name."""
    context = context_of(notification)
    message = RENDERER.slack(notification.template, context)
    mail = RENDERER.mail(notification.template, context)
    slack = {"text": message.text, "blocks": message.blocks}
    return {
        "slack.json": json.dumps(slack, indent=2, ensure_ascii=False) + "\n",
        "mail.txt": f"Subject: {mail.subject}\n\n{mail.text}",
        "mail.html": mail.html,
    }


def test_every_captured_event_tells_somebody() -> None:
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
