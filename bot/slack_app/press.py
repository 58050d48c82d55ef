"""A button that was pressed in Slack."""

from typing import Any

from pydantic import AliasPath, BaseModel, Field

from bot.slack_app.arguments import Where
from bot.slack_app.context import Asker
from bot.slack_app.interactions import ConversationId, UserId


class _Action(BaseModel):
    action_id: str
    value: str = ""


class _Message(BaseModel):
    text: str = ""
    blocks: list[dict[str, Any]] = []


class Press(BaseModel):
    """The fields that are used. An ephemeral message has no `message`, and the Home tab no `channel`.

    https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    """

    user: UserId = Field(validation_alias=AliasPath("user", "id"))
    team: str = Field("", validation_alias=AliasPath("user", "team_id"))
    channel: ConversationId | None = Field(None, validation_alias=AliasPath("channel", "id"))
    ts: str | None = Field(None, validation_alias=AliasPath("container", "message_ts"))
    is_ephemeral: bool = Field(
        default=False, validation_alias=AliasPath("container", "is_ephemeral")
    )
    response_url: str | None = None
    actions: list[_Action] = Field(min_length=1)
    message: _Message | None = None

    @property
    def value(self) -> str:
        return self.actions[0].value

    @property
    def asker(self) -> Asker:
        return Asker(self.user, self.channel or "", self.response_url or "")

    @property
    def is_in_channel(self) -> bool:
        """Whether others see the message, too."""
        return self.channel is not None and not self.asker.is_direct

    @property
    def where(self) -> Where:
        """The channel; outside of channels, the person's direct messages."""
        return Where.HERE if self.is_in_channel else Where.ME
