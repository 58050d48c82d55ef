"""The definition of Slack as a transport."""

import json
from collections.abc import Mapping

from redis.asyncio import Redis

from bot.model import Destination, Transport
from bot.transports.definition import TransportDefinition
from bot.transports.slack.checks import check_slack, check_slack_settings
from bot.transports.slack.client import slack_client
from bot.transports.slack.content import TEMPLATE_FILE, SlackRenderer
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.sender import SlackSender
from bot.transports.slack.settings import SlackSettings, slack_destinations
from bot.transports.terminal.block_text import block_lines


def _sender(settings: SlackSettings, _: Redis) -> SlackSender | None:
    if settings.slack_bot_token is None or not settings.slack_on:
        return None
    token = settings.slack_bot_token.get_secret_value()
    return SlackSender(slack_client(token, str(settings.slack_api_url)))


def _preview_files(message: SlackMessage) -> Mapping[str, str]:
    content = {"text": message.text, "blocks": message.blocks}
    return {"slack.json": json.dumps(content, indent=2, ensure_ascii=False) + "\n"}


SLACK = TransportDefinition(
    name=Transport.SLACK,
    template_files=(TEMPLATE_FILE,),
    renderer=lambda templates: SlackRenderer(templates).render,
    sender=_sender,
    resent_note="not found in the channel, so posted now",
    destinations=slack_destinations,
    check_settings=check_slack_settings,
    check_connection=check_slack,
    service="Slack",
    switches=("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"),
    recipients="SLACK_CHANNEL",
    needed_settings=("SLACK_BOT_TOKEN", "SLACK_API_URL"),
    example=Destination(Transport.SLACK, "a channel"),
    preview_files=_preview_files,
    terminal_lines=block_lines,
    terminal_title="Slack to",
)
