"""What Slack sends when people press, choose or submit something.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import AliasPath, BaseModel, Field, ValidationError

from bot.errors import InvalidEnvelope

M = TypeVar("M", bound=BaseModel)


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

    user: str = Field(validation_alias=AliasPath("user", "id"))
    trigger_id: str = ""
    actions: list[Element] = Field(min_length=1)


class Submission(BaseModel):
    """Somebody has submitted a modal; `values` are by the ids of the block and of the element."""

    user: str = Field(validation_alias=AliasPath("user", "id"))
    values: dict[str, dict[str, Element]] = Field(
        validation_alias=AliasPath("view", "state", "values")
    )

    def element(self, name: str) -> Element:
        """Return the element of a block, both of which have this name; an empty one if there is none."""
        return self.values.get(name, {}).get(name, Element())


def parse(model: type[M], fields: Mapping[str, Any]) -> M:
    """Read a payload.

    Raises:
        InvalidEnvelope: if it is not in the format that Slack documents.
    """
    try:
        return model.model_validate(fields)
    except ValidationError:
        raise InvalidEnvelope("not in the format that Slack documents") from None
