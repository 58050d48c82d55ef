"""Slack messages rendered from `slack.json.j2`."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.model import Notification
from bot.rendering.escaping import json_string
from bot.rendering.templates import TEST_PREFIX, Templates, context_of, shown
from bot.transports.slack import limits, mrkdwn
from bot.transports.slack.elements import Elements
from bot.transports.slack.filters import FILTERS
from bot.transports.slack.message import SlackMessage

TEMPLATE_FILE = "slack.json.j2"


class SlackRenderer:
    """Render templates as messages within Slack's limits."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._environment = templates.environment(_escape, FILTERS)
        self._environment.globals["ui"] = Elements(partial(shown, _escape))

    def render(self, notification: Notification) -> SlackMessage:
        context = context_of(notification, self._templates.clock())
        return self.render_template(notification.template, context)

    def render_template(self, template: str, context: Mapping[str, Any]) -> SlackMessage:
        """Render a folder of `templates/` with this context.

        Raises:
            RenderError: if the template fails, or its output is not a message.
        """
        with self._templates.naming(f"{template}/{TEMPLATE_FILE}") as name:
            rendered = self._environment.get_template(name).render(context)
            content = json.loads(rendered)
            message = SlackMessage(content["text"], tuple(content["blocks"]))
            return limits.fit(_as_test(message) if context.get("test") else message, len(rendered))


def _escape(text: str) -> str:
    return json_string(mrkdwn.escape(text))


def _as_test(message: SlackMessage) -> SlackMessage:
    """Add the test prefix to the text and the header; add a header if there is none."""
    header = {"type": "plain_text", "emoji": False, "text": "Test"}
    blocks = [*message.blocks]
    if blocks and blocks[0]["type"] == "header":
        first = blocks.pop(0)["text"]
        header = {**first, "text": TEST_PREFIX + first["text"]}
    return SlackMessage(TEST_PREFIX + message.text, ({"type": "header", "text": header}, *blocks))
