"""What the commands need of whoever makes messages of templates."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.model import Notification, SlackMessage

Render = Callable[[str, Mapping[str, Any]], SlackMessage]
"""Makes a message of a folder of `templates/` and what its template is to see."""

Describe = Callable[[Notification], str]
"""The sentence that a notification's message in Slack says at the top."""
