"""A failure notice says what became of the failure."""

from dataclasses import replace

import pytest

from bot.delivery.outcome import Outcome
from bot.fakes.slack.block_kit import block_errors
from bot.model import Context, DeadLetter
from bot.transports.slack.message import SlackMessage
from tests.event_fixtures import DEAD_DELIVERY, DEAD_EVENT
from tests.renderers import SLACK_RENDERER
from tests.slack_app.conftest import texts


def rendered(**context: str | int) -> SlackMessage:
    given: Context = {**DEAD_DELIVERY.context, **context}
    message = SLACK_RENDERER.render(replace(DEAD_DELIVERY, context=given))
    assert block_errors(message.blocks) == []
    return message


def values(message: SlackMessage) -> dict[str, str]:
    buttons = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    return {button["text"]["text"]: button["value"] for button in buttons}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_headline_and_details(outcome: Outcome) -> None:
    message = rendered(outcome=str(outcome), by="", reason="")
    assert message.text.split(": ")[1].startswith("search.completed")
    assert "Show details" in values(message)
    assert ("Retry" in values(message)) is (outcome is Outcome.FAILED)


def test_the_buttons_carry_the_dead_letter() -> None:
    for notification in (DEAD_DELIVERY, DEAD_EVENT):
        [text] = {*values(SLACK_RENDERER.render(notification)).values()}
        dead = DeadLetter.parse(text)
        assert (dead.id, dead.event_id) == (notification.context["subject_id"], "evt_srch_0001")


def test_it_says_who_has_retried_it() -> None:
    message = rendered(outcome="under way", by="U0OPERATOR")
    assert "Retry under way by <@U0OPERATOR>." in "\n".join(texts([*message.blocks]))
    message = rendered(outcome="under way", by="")
    assert "Retry under way. " in "\n".join(texts([*message.blocks]))


@pytest.mark.parametrize("outcome", Outcome)
def test_hostile_values_stay_text(outcome: Outcome) -> None:
    evil = '<!here> "},{"type":"divider"} ' + "x" * 5_000
    message = rendered(outcome=str(outcome), by="", about=evil, reason=evil, destination=evil)
    shown = "\n".join(texts([*message.blocks]))
    assert "<!here>" not in shown
    assert "divider" not in {block["type"] for block in message.blocks}
