"""All transports and their settings; a new one is a folder in this package and its names here."""

from bot.transports.definition import AnyTransport
from bot.transports.email.settings import EmailSettings
from bot.transports.email.transport import EMAIL
from bot.transports.slack.settings import SlackSettings
from bot.transports.slack.transport import SLACK

TRANSPORTS: tuple[AnyTransport, ...] = (SLACK, EMAIL)
TEMPLATE_FILES = tuple(file for transport in TRANSPORTS for file in transport.template_files)
"""The files in each folder of `templates/`."""


class TransportSettings(SlackSettings, EmailSettings):
    """The settings of all transports."""
