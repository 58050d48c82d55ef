"""The settings of Slack."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, HttpUrl
from pydantic_settings import NoDecode

from bot.environment import Environment, Secret, quoted, split_at_commas
from bot.errors import SettingsProblem
from bot.model import Audience, Destination, Transport
from bot.transports.slack.ids import is_user


def _user_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [given for given in ids if not is_user(given)]
    if wrong:
        raise ValueError(f"{quoted(wrong[0])} is not the id of a Slack user, such as U012AB3CD")
    return ids


UserIds = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(split_at_commas), AfterValidator(_user_ids)
]


class SlackSettings(Environment):
    """Slack is on if the token and the signing secret are set."""

    slack_bot_token: Secret | None = None
    slack_signing_secret: Secret | None = None
    slack_api_url: HttpUrl = HttpUrl("https://slack.com/api/")
    slack_app_token: Secret | None = None
    slack_channel: str | None = None
    slack_alert_channel: str | None = None
    slack_admins: UserIds = ()

    @property
    def slack_on(self) -> bool:
        return self.slack_bot_token is not None and self.slack_signing_secret is not None

    def conflicts(self) -> Sequence[SettingsProblem]:
        if (self.slack_bot_token is None) == (self.slack_signing_secret is None):
            return super().conflicts()
        missing = "SLACK_SIGNING_SECRET" if self.slack_bot_token else "SLACK_BOT_TOKEN"
        text = "is missing: Slack needs a token and a signing secret"
        return [SettingsProblem(missing, text), *super().conflicts()]


def slack_destinations(settings: SlackSettings, audience: Audience) -> Sequence[Destination]:
    channel = settings.slack_channel
    if audience is Audience.OPERATORS:
        channel = settings.slack_alert_channel or channel
    return [Destination(Transport.SLACK, channel)] if settings.slack_on and channel else []
