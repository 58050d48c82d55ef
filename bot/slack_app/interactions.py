"""What Slack sends when people press, choose or submit something.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AliasPath, BaseModel, Field

from bot.errors import InvalidEnvelope
from bot.transports.slack.ids import is_conversation, is_user

M = TypeVar("M", bound=BaseModel)


def _user_id(text: str) -> str:
    if not is_user(text):
        raise ValueError("must be the id of a user")
    return text


def _conversation_id(text: str) -> str:
    if not is_conversation(text):
        raise ValueError("must be the id of a conversation")
    return text


UserId = Annotated[str, AfterValidator(_user_id)]
ConversationId = Annotated[str, AfterValidator(_conversation_id)]


class Chosen(BaseModel):
    """An option."""

    value: str = ""


class Element(BaseModel):
    """What was pressed, chosen or written; only the fields of its type are there."""

    action_id: str = ""
    value: str | None = None
    selected_option: Chosen | None = None
    selected_options: list[Chosen] | None = None
    selected_time: str | None = None

    @property
    def given(self) -> str:
        """The value of a button, a menu, a picker or a text."""
        option = self.selected_option.value if self.selected_option else None
        return option or self.selected_time or self.value or ""

    @property
    def all_given(self) -> tuple[str, ...]:
        """The values of a multiple choice."""
        return tuple(option.value for option in self.selected_options or ())


class Interaction(BaseModel):
    """Somebody has pressed or chosen something."""

    user: UserId = Field(validation_alias=AliasPath("user", "id"))
    trigger_id: str = ""
    actions: list[Element] = Field(min_length=1)


class Submission(BaseModel):
    """Somebody has submitted a modal; `values` are by the ids of the block and of the element."""

    user: UserId = Field(validation_alias=AliasPath("user", "id"))
    values: dict[str, dict[str, Element]] = Field(
        validation_alias=AliasPath("view", "state", "values")
    )

    def element(self, name: str) -> Element:
        """Return the element of a block, both of which have this name; an empty one if there is none."""
        return self.values.get(name, {}).get(name, Element())


def parse(model: type[M], fields: Mapping[str, Any]) -> M:
    """Return the fields of a request.

    Raises:
        InvalidEnvelope: if they are not in the format that Slack documents.
    """
    try:
        json.dumps(fields, ensure_ascii=False).encode()  # half a surrogate pair is no text
        return model.model_validate(fields)
    except (ValueError, TypeError, RecursionError):  # a ValidationError is a ValueError
        raise InvalidEnvelope("not in the format that Slack documents") from None
