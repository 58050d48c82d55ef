"""Slack itself checks the message of every template, and nothing is posted."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.doctor.templates import check_slack_templates, example_notifications
from bot.errors import RegistryError
from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.model import Audience
from bot.model.finding import Severity
from bot.registry import load_registry
from bot.rendering.templates import TEMPLATES
from bot.settings import Settings
from bot.transports.slack.template_checks import Example, check_templates
from tests.app import MakeSettings
from tests.doctor.findings import found
from tests.factories import NOW

BROKEN = [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]
FINE = [{"type": "divider"}]


def example(template: str, blocks: list[dict[str, Any]]) -> Example:
    return Example(template, "message", {"text": "text", "blocks": blocks})


@pytest.fixture
def settings(make_settings: MakeSettings, slack_api: LocalSlack) -> Settings:
    return make_settings(SLACK_API_URL=slack_api.url)


def test_no_template_of_a_message_is_left_out(settings: Settings) -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if not path.name.startswith("_")}
    examples = list(example_notifications(settings, NOW))
    assert {notification.template for notification in examples} == folders
    audiences = {(n.template, n.audience) for n in examples}
    for event_type in ("quota.warning", "key.rotated"):
        assert {(event_type, Audience.RECRUITERS), (event_type, Audience.OPERATORS)} <= audiences


async def test_every_message_is_shown_to_slack_and_none_is_posted(
    settings: Settings, slack_api: LocalSlack
) -> None:
    [finding] = await check_slack_templates(settings, NOW)
    count = len(list(example_notifications(settings, NOW)))
    assert finding.severity is Severity.OK
    assert finding.text == f"Slack accepts the {count} messages and screens that were tried"
    assert len(slack_api.calls("blocks.validate")) == count
    assert slack_api.posts == []


async def test_no_scope_is_needed(make_settings: MakeSettings) -> None:
    async with LocalSlack(scopes=[]) as slack_api:
        findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["Slack templates"].severity is Severity.OK


async def test_a_message_that_slack_refuses_is_a_failure_with_the_reason(
    settings: Settings,
) -> None:
    examples = [
        example("search.completed", FINE),
        example("export.ready", BROKEN),
        Example("_slack/home", "view", {"type": "home", "blocks": BROKEN}),
        Example("_slack/help", "blocks", BROKEN),
    ]
    findings = await check_templates(settings, examples)
    assert [f.subject for f in findings] == [
        "Template export.ready",
        "Template _slack/home",
        "Template _slack/help",
    ]
    assert findings[0].severity is Severity.FAILURE
    assert findings[0].text.startswith("Slack refuses what it makes: ")
    assert " at /blocks/0/text" in findings[0].text
    assert findings[0].fix.startswith("fix templates/export.ready/slack.json.j2")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (HttpFault.error("unknown_method"), "not tried: this Slack has no blocks.validate"),
        (HttpFault.error("ratelimited"), "not all tried: Slack limits how often"),
    ],
)
async def test_a_slack_that_does_not_answer_that_is_a_note(
    settings: Settings, slack_api: LocalSlack, fault: HttpFault, text: str
) -> None:
    slack_api.plan_faults("blocks.validate", [None, fault])
    [finding] = await check_slack_templates(settings, NOW)
    assert (finding.severity, finding.subject) == (Severity.NOTE, "Slack templates")
    assert finding.text.startswith(text)
    assert len(slack_api.calls("blocks.validate")) == 2


@pytest.mark.parametrize(
    "fault",
    [HttpFault.error("invalid_auth"), HttpFault.dropped(), HttpFault.garbage("["), HttpFault(503)],
)
async def test_what_another_check_finds_is_not_repeated(
    settings: Settings, slack_api: LocalSlack, fault: HttpFault
) -> None:
    slack_api.plan_faults("blocks.validate", [fault])
    assert await check_slack_templates(settings, NOW) == []


@pytest.mark.parametrize(
    "body",
    [
        '{"ok": false, "error": "invalid_message"}',
        '{"ok": false, "error": "invalid_message", "errors": "x"}',
        '{"ok": false, "error": "invalid_message", "errors": [7]}',
        '{"ok": false, "error": "invalid_blocks", "errors": []}',
    ],
)
async def test_a_refusal_without_reasons_is_still_one(
    settings: Settings, slack_api: LocalSlack, body: str
) -> None:
    slack_api.plan_faults("blocks.validate", [HttpFault.garbage(body)])
    [finding] = await check_templates(settings, [example("search.completed", FINE)])
    assert finding.text == "Slack refuses what it makes: without a reason"


async def test_without_slack_nothing_is_tried(make_settings: MakeSettings) -> None:
    off = make_settings(
        SLACK_BOT_TOKEN=None,
        SLACK_SIGNING_SECRET=None,
        SLACK_CHANNEL=None,
        SLACK_ALERT_CHANNEL=None,
    )
    assert await check_slack_templates(off, NOW) == []


async def test_a_template_that_fails_is_named(settings: Settings, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    (copy / "export.ready" / "slack.json.j2").write_text("{{ nothing }}")
    findings = await check_slack_templates(settings, NOW, folder=copy)
    assert findings[0].subject == "Template export.ready"
    assert "'nothing' is undefined" in findings[0].text
    assert findings[1].severity is Severity.OK


async def test_a_handler_that_is_broken_is_a_finding(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RegistryError("handlers.x: has no handler")

    assert load_registry().types
    monkeypatch.setattr("bot.doctor.templates.load_registry", broken)
    [finding] = await check_slack_templates(settings, NOW)
    assert (finding.subject, finding.text) == ("Handlers", "handlers.x: has no handler")
