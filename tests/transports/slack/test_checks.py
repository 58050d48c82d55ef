"""Findings about Slack: tokens, scopes, channels, malformed replies."""

import logging

import pytest

from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.fakes.slack.workspace import Conversation
from bot.model.finding import Severity
from bot.transports.slack.checks import check_slack
from bot.transports.slack.scopes import PRIVATE_SCOPES, REQUIRED_SCOPES
from tests.conftest import MakeSettings
from tests.doctor.findings import found
from tests.http_proxy import HttpProxy


async def test_a_revoked_token_fails(make_settings: MakeSettings) -> None:
    async with LocalSlack(token="xoxb-another") as slack_api:
        findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["SLACK_BOT_TOKEN"].text == "Slack answers invalid_auth"


@pytest.mark.parametrize(
    "fault",
    [
        HttpFault(503, "<html>"),
        HttpFault.garbage("[]"),
        HttpFault.garbage('["x"]'),
        HttpFault.garbage("{}"),
        HttpFault.error(""),
    ],
)
async def test_a_reply_that_is_not_slacks_fails(
    make_settings: MakeSettings, slack_api: LocalSlack, fault: HttpFault
) -> None:
    slack_api.plan_faults("auth.test", [fault])
    findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["Slack"].text == f"{slack_api.url}: the answer is not one of Slack's"


async def test_missing_scopes_are_named_with_what_they_are_for(make_settings: MakeSettings) -> None:
    async with LocalSlack(scopes=["chat:write"]) as slack_api:
        findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["Slack scope commands"].text == "missing: for /juicebox"
    assert findings["Slack scope commands"].severity is Severity.FAILURE
    assert findings["Slack scope groups:read"].severity is Severity.WARNING
    assert "Slack answers missing_scope" in findings["SLACK_CHANNEL"].text
    assert "Slack scopes" not in findings


async def test_messages_to_a_person_need_scopes_of_their_own(
    make_settings: MakeSettings,
) -> None:
    async with LocalSlack(scopes=[*REQUIRED_SCOPES, *PRIVATE_SCOPES]) as slack_api:
        to_a_channel = make_settings(SLACK_API_URL=slack_api.url)
        assert (await found(to_a_channel))["Slack scopes"].severity is Severity.OK
        to_a_person = make_settings(SLACK_API_URL=slack_api.url, SLACK_ALERT_CHANNEL="U0OPERATOR")
        findings = await found(to_a_person)
    assert findings["Slack scope im:write"].severity is Severity.FAILURE
    assert "Slack scopes" not in findings


async def test_a_reply_without_scopes_is_a_warning(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(
        "auth.test", [HttpFault.garbage('{"ok": true, "user": "juicebox", "team": "T"}')]
    )
    findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["Slack scopes"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("channel", "severity", "text"),
    [
        ("#recruiting", Severity.OK, "#recruiting, and the bot is in it"),
        ("recruiting", Severity.OK, "#recruiting, and the bot is in it"),
        ("C0OUTSIDE", Severity.FAILURE, "the bot is not a member of #outside"),
        ("C0ARCHIVED", Severity.FAILURE, "#archived is archived"),
        ("#nowhere", Severity.FAILURE, "no channel #nowhere that the bot can see"),
        ("C0NOWHERE", Severity.FAILURE, "Slack knows no channel C0NOWHERE that the bot can see"),
        ("U0RECRUITER", Severity.NOTE, "a person; not checked before the first message to them"),
    ],
)
async def test_each_channel_is_looked_up(
    make_settings: MakeSettings, slack_api: LocalSlack, channel: str, severity: Severity, text: str
) -> None:
    slack_api.workspace.add(Conversation("C0OUTSIDE", "outside", is_member=False))
    slack_api.workspace.add(Conversation("C0ARCHIVED", "archived", is_archived=True))
    findings = await found(make_settings(SLACK_API_URL=slack_api.url, SLACK_CHANNEL=channel))
    assert findings["SLACK_CHANNEL"].severity is severity
    assert findings["SLACK_CHANNEL"].text.startswith(text)


async def test_a_channel_is_found_on_a_later_page(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    for number in range(3_100):
        slack_api.workspace.add(Conversation(f"C1{number}", f"channel-{number}"))
    late = make_settings(SLACK_API_URL=slack_api.url, SLACK_CHANNEL="channel-1500")
    assert (await found(late))["SLACK_CHANNEL"].severity is Severity.OK
    too_late = make_settings(SLACK_API_URL=slack_api.url, SLACK_CHANNEL="channel-3099")
    assert (await found(too_late))["SLACK_CHANNEL"].severity is Severity.FAILURE


async def test_a_reply_without_the_channel_counts_as_no_channel(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults(
        "conversations.info", [HttpFault.garbage('{"ok": true}'), *[HttpFault.dropped()] * 2]
    )
    findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["SLACK_CHANNEL"].text == "no channel C0RECRUIT that the bot can see"
    assert findings["SLACK_ALERT_CHANNEL"].text.startswith("C0ALERTS could not be looked up")


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("C0RECRUIT", '{"ok": true, "channel": "C0"}'),
        ("C0RECRUIT", '{"ok": true, "channel": {"id": "C0", "name": 7}}'),
        ("C0RECRUIT", '["x"]'),
        ("#recruiting", '{"ok": true}'),
        ("#recruiting", '{"ok": true, "channels": "C0"}'),
        ("#recruiting", '{"ok": true, "channels": [null]}'),
    ],
)
async def test_a_malformed_reply_about_a_channel_fails(
    make_settings: MakeSettings, slack_api: LocalSlack, channel: str, body: str
) -> None:
    for method in ("conversations.info", "conversations.list"):
        slack_api.plan_faults(method, [HttpFault.garbage(body)])
    findings = await found(make_settings(SLACK_API_URL=slack_api.url, SLACK_CHANNEL=channel))
    assert findings["SLACK_CHANNEL"].severity is Severity.FAILURE
    assert findings["SLACK_CHANNEL"].text == (
        f"{channel} could not be looked up: the answer is not one of Slack's"
    )


async def test_a_slow_channel_delays_no_other_finding(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    slack_api.plan_faults("conversations.info", [HttpFault.hang()])
    settings = make_settings(SLACK_API_URL=slack_api.url)
    findings = {f.subject: f for f in await check_slack(settings, channel_timeout=2)}
    assert findings["SLACK_CHANNEL"].text == "C0RECRUIT could not be looked up: no answer in time"
    assert findings["SLACK_ALERT_CHANNEL"].severity is Severity.OK
    assert findings["Slack scopes"].severity is Severity.OK


async def test_no_call_is_logged(
    make_settings: MakeSettings, slack_api: LocalSlack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await found(make_settings(SLACK_API_URL=slack_api.url))
    assert not [r for r in caplog.records if "slack" in r.name]


async def test_without_slack_its_api_is_not_called(make_settings: MakeSettings) -> None:
    names = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CHANNEL", "SLACK_ALERT_CHANNEL")
    findings = await found(make_settings(**dict.fromkeys(names), EMAIL_TO="a@x.org,b@x.org"))
    assert findings["Slack"].severity is Severity.NOTE
    assert findings["EMAIL_TO"].text == "2 addresses for recruiters"
    assert not [subject for subject in findings if subject.startswith("SLACK_")]


OPENED = HttpFault(200, '{"ok": true, "url": "wss://wss-primary.slack.com/link/?ticket=secret"}')


@pytest.mark.parametrize(
    ("token", "fault", "severity", "text", "fix"),
    [
        ("xapp-1-A1", OPENED, Severity.OK, "Slack opens a socket for SLACK_APP_TOKEN", ""),
        (
            "xoxb-1",
            OPENED,
            Severity.FAILURE,
            "it does not begin with xapp-",
            "make one that begins",
        ),
        (
            "xapp-1-A1",
            HttpFault.error("invalid_auth"),
            Severity.FAILURE,
            "Slack answers invalid_auth",
            "make one that begins with xapp- and has the scope connections:write",
        ),
        (
            "xapp-1-A1",
            HttpFault.error("missing_scope"),
            Severity.FAILURE,
            "Slack answers missing_scope",
            "give it the scope connections:write",
        ),
        (
            "xapp-1-A1",
            HttpFault.rate_limited(),
            Severity.WARNING,
            "could not be tried: Slack answers ratelimited",
            "",
        ),
        (
            "xapp-1-A1",
            HttpFault(408, "<html>", "text/html"),
            Severity.WARNING,
            "could not be tried: the answer is not one of Slack's",
            "",
        ),
    ],
)
async def test_an_app_token_is_tried(
    *,
    make_settings: MakeSettings,
    slack_api: LocalSlack,
    token: str,
    fault: HttpFault,
    severity: Severity,
    text: str,
    fix: str,
) -> None:
    slack_api.plan_faults("apps.connections.open", [fault])
    findings = await found(make_settings(SLACK_API_URL=slack_api.url, SLACK_APP_TOKEN=token))
    finding = findings["SLACK_APP_TOKEN" if severity is Severity.FAILURE else "Socket Mode"]
    assert (finding.severity, finding.text) == (severity, text)
    assert finding.fix.startswith(fix)
    assert token not in finding.text + finding.fix


async def test_both_tokens_are_tried_in_one_run(make_settings: MakeSettings) -> None:
    async with LocalSlack(token="xoxb-another") as slack_api:
        slack_api.plan_faults("apps.connections.open", [HttpFault.error("invalid_auth")])
        findings = await found(
            make_settings(SLACK_API_URL=slack_api.url, SLACK_APP_TOKEN="xapp-1-A1")
        )
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        assert (findings[name].severity, findings[name].text) == (
            Severity.FAILURE,
            "Slack answers invalid_auth",
        )


async def test_a_proxy_that_refuses_is_named(
    make_settings: MakeSettings, proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.refuses = True
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    findings = await found(make_settings(SLACK_API_URL="https://slack.com/api/"))
    assert findings["Slack"].text == (
        "https://slack.com/api/: the proxy of HTTPS_PROXY answers 403"
    )
