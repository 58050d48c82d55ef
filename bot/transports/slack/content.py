"""Slack messages rendered from `slack.json.j2`."""

import json
from collections.abc import Mapping
from typing import Any

from bot.model import Notification, SlackMessage
from bot.rendering.escaping import json_string, mrkdwn
from bot.rendering.filters import SLACK_ONLY
from bot.rendering.templates import TEST_PREFIX, Templates
from bot.transports.slack import limits

TEMPLATE_FILE = "slack.json.j2"


class SlackRenderer:
    """Render templates as messages within Slack's limits."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._environment = templates.environment(
            lambda text: json_string(mrkdwn(text)), SLACK_ONLY
        )

    def render(self, notification: Notification) -> SlackMessage:
        """Render the notification as `chat.postMessage` takes it.

        Raises:
            RenderError: if the template fails, or makes no message.
        """
        return self.render_template(notification.template, self._templates.context(notification))

    def render_template(self, template: str, context: Mapping[str, Any]) -> SlackMessage:
        """Render a folder of `templates/` with this context.

        Raises:
            RenderError: if the template fails, or makes no message.
        """
        with self._templates.naming(f"{template}/{TEMPLATE_FILE}") as name:
            made = json.loads(self._environment.get_template(name).render(context))
            message = SlackMessage(made["text"], tuple(made["blocks"]))
            return limits.fit(_as_test(message) if context.get("test") else message)


def _as_test(message: SlackMessage) -> SlackMessage:
    """Return the message with the test prefix in its text and in its header, which is added if absent."""
    header = {"type": "plain_text", "emoji": False, "text": "Test"}
    blocks = [*message.blocks]
    if blocks and blocks[0]["type"] == "header":
        first = blocks.pop(0)["text"]
        header = {**first, "text": TEST_PREFIX + first["text"]}
    return SlackMessage(TEST_PREFIX + message.text, ({"type": "header", "text": header}, *blocks))
