"""Renderers of the bot's templates, or of another folder and time."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.clock import utc_now
from bot.model import Destination, Transport
from bot.model.outgoing import OutgoingMessage
from bot.rendering.templates import TEMPLATES, Templates
from bot.transports.email.content import Mail, MailRenderer
from bot.transports.slack.content import SlackRenderer
from tests.factories import MAIL, NOW

Clock = Callable[[], datetime]


def slack_renderer(folder: Path = TEMPLATES, clock: Clock = utc_now) -> SlackRenderer:
    return SlackRenderer(Templates(folder, clock))


def mail_renderer(folder: Path = TEMPLATES, clock: Clock = utc_now) -> MailRenderer:
    return MailRenderer(Templates(folder, clock))


def outgoing_mail(mail: Mail, address: str = MAIL.address) -> OutgoingMessage[Mail]:
    return OutgoingMessage("dlv_1", Destination(Transport.EMAIL, address), mail, NOW)


SLACK_RENDERER, MAIL_RENDERER = slack_renderer(), mail_renderer()
