"""Every transport that messages are sent by. A new one is a folder beside these, and a line here."""

from bot.transports.definition import AnyTransport
from bot.transports.email.transport import EMAIL
from bot.transports.slack.transport import SLACK

TRANSPORTS: tuple[AnyTransport, ...] = (SLACK, EMAIL)
TEMPLATE_FILES = tuple(file for transport in TRANSPORTS for file in transport.template_files)
"""What a folder of `templates/` has for every message."""
