"""What the message of a key rotation says."""

from dataclasses import replace

import pytest

from bot.model import Audience, Platform, Policy
from bot.rendering.templates import Templates
from bot.transports.email.content import Mail, MailRenderer
from bot.transports.slack.content import SlackRenderer
from bot.transports.slack.message import SlackMessage
from tests.event_fixtures import DEAD_DELIVERY, notifications_of, sent

UPDATE, CHECK = "Action needed: update JUICEBOX_API_KEY", "Action needed: check JUICEBOX_API_KEY"
NONE = "No action needed"
HEROKU = Platform(is_heroku=True)


def rotation(
    api_key: str | None = "jb_live_3Bd9",
    *,
    prefix: str = "jb_live_7Qx2",
    platform: Platform = Platform(),  # noqa: B008  # it is immutable
    audience: Audience = Audience.OPERATORS,
) -> tuple[SlackMessage, Mail]:
    event = sent("key.rotated", {"newKeyPrefix": prefix})
    [notification] = notifications_of(event, Policy(api_key=api_key))
    notification = replace(notification, audience=audience)
    templates = Templates(platform=platform)
    return SlackRenderer(templates).render(notification), MailRenderer(templates).render(
        notification
    )


@pytest.mark.parametrize(
    ("prefix", "api_key", "step"),
    [
        ("jb_live_7", "jb_live_3", UPDATE),
        ("jb_live_7", "jb_live_7", NONE),
        ("jb_live_7", None, NONE),
        ("***", "jb_live_7", CHECK),
    ],
)
def test_the_next_step_comes_first(prefix: str, api_key: str | None, step: str) -> None:
    message, mail = rotation(api_key, prefix=prefix)
    assert message.text.startswith("Juicebox API key rotated")
    assert f". {step}. " in message.text
    bold = message.blocks[1]["text"]["text"]
    assert bold == f"*{step.replace('JUICEBOX_API_KEY', '`JUICEBOX_API_KEY`')}*"
    assert mail.subject == f"API key rotated. {step}"
    assert f"\n\n{step}. " in mail.text


def test_operators_on_heroku_get_its_command() -> None:
    message, mail = rotation(platform=HEROKU)
    command = "heroku config:set JUICEBOX_API_KEY=…"
    assert f"`{command}`" in str(message.blocks)
    assert f"    {command}\n" in mail.text
    assert command in mail.html
    assert "restart" not in str(message.blocks) + mail.text


def test_operators_elsewhere_are_told_what_to_do() -> None:
    message, mail = rotation()
    for text in (str(message.blocks), mail.text, mail.html):
        assert "Set JUICEBOX_API_KEY to the new key and restart the bot." in text
        assert "heroku" not in text


def test_no_command_is_shown_if_nothing_is_to_be_done() -> None:
    message, mail = rotation("jb_live_7Qx2", platform=HEROKU)
    assert "heroku" not in str(message.blocks) + mail.text + mail.html


def test_the_new_prefix_and_the_time_are_shown() -> None:
    message, mail = rotation()
    assert "begins with jb_live_7Qx2 · In use since <!date^1768487400^" in str(message.blocks)
    assert "New key begins with: jb_live_7Qx2\nIn use since:        15 Jan 2026" in mail.text


def test_a_mask_is_not_shown_as_a_prefix() -> None:
    message, mail = rotation(prefix="****")
    assert "begins with" not in str(message) + mail.text


def test_recruiters_who_subscribed_read_neither_commands_nor_keys() -> None:
    message, mail = rotation(platform=HEROKU, audience=Audience.RECRUITERS)
    for text in (str(message), mail.subject, mail.text, mail.html):
        assert not [word for word in ("JUICEBOX_API_KEY", "heroku", "jb_live") if word in text]
    assert f". {NONE}. " in message.text


def test_a_failure_is_retried_by_a_command_of_the_platform() -> None:
    for platform in (Platform(), HEROKU):
        templates = Templates(platform=platform)
        message = SlackRenderer(templates).render(DEAD_DELIVERY)
        mail = MailRenderer(templates).render(DEAD_DELIVERY)
        command = f"{platform.run}python -m bot retry dlv_8d3f0a91c2b7"
        assert message.text.endswith(f": {command}")
        assert f"\n    {command}\n" in mail.text
        assert f">{command}</div>" in mail.html
