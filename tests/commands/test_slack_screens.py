"""`doctor` runs the Slack app without showing anything, and has Slack check its screens."""

import pytest
from redis.asyncio import Redis

from bot.commands.slack_screens import COMMANDS, slack_screens
from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.fakes.smtp import Inbox
from bot.store import Store
from tests.app import MakeSettings
from tests.commands.conftest import Cli
from tests.stored_events import accept


async def test_every_screen_is_made_and_none_is_shown(
    make_settings: MakeSettings, store: Store, slack_api: LocalSlack
) -> None:
    await accept(store, "evt_1")
    before = sorted(await store.redis.keys("*"))
    screens = await slack_screens(make_settings(SLACK_API_URL=slack_api.url))
    expected = {*COMMANDS.values(), "_slack/home"}
    assert {screen.template for screen in screens} == expected
    assert len(screens) == len(COMMANDS) + 1
    [home] = [screen for screen in screens if screen.argument == "view"]
    assert home.payload["type"] == "home"
    assert "evt_1" in str([screen.payload for screen in screens])
    assert {call.method for call in slack_api.calls()} <= {
        *("auth.test", "users.info", "conversations.info", "conversations.list"),
    }
    assert sorted(await store.redis.keys("*")) == before


async def test_socket_mode_opens_no_socket(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack
) -> None:
    settings = make_settings(SLACK_API_URL=slack_api.url, SLACK_APP_TOKEN="xapp-1")
    assert len(await slack_screens(settings)) == len(COMMANDS) + 1
    assert slack_api.calls("apps.connections.open") == []


async def test_without_slack_there_are_none(make_settings: MakeSettings) -> None:
    off = make_settings(
        SLACK_BOT_TOKEN=None,
        SLACK_SIGNING_SECRET=None,
        SLACK_CHANNEL=None,
        SLACK_ALERT_CHANNEL=None,
    )
    assert await slack_screens(off) == []


async def test_doctor_has_slack_check_messages_and_screens(
    cli: Cli, make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> None:
    make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)
    result = await cli("doctor")
    assert result.exit_code == 0
    kinds = {name for call in slack_api.calls("blocks.validate") for name in call.arguments}
    assert kinds == {"message", "blocks", "view"}
    assert "✓ Slack templates              Slack accepts the " in result.output
    assert slack_api.posts == []


@pytest.mark.parametrize("fault", [HttpFault.error("invalid_auth"), HttpFault.dropped()])
async def test_a_slack_that_does_not_answer_is_one_finding(
    cli: Cli,
    make_settings: MakeSettings,
    redis: Redis,
    slack_api: LocalSlack,
    fault: HttpFault,
) -> None:
    make_settings(SLACK_API_URL=slack_api.url)
    slack_api.plan_faults("auth.test", [fault] * 3)
    result = await cli("doctor")
    assert result.exit_code == 1
    assert result.output.count("✗ Slack") <= 1
    assert "Slack templates" not in result.output
