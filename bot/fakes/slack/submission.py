"""What Slack does with an app's response to a submitted modal.

https://docs.slack.dev/surfaces/modals#handling_submissions
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.views import checked_modal
from bot.fakes.slack.workspace import Workspace

FAILED = {"": "We had some trouble connecting. Try again?"}
"""What Slack shows if there is no proper response; it is about no input."""


class _Errors(BaseModel):
    response_action: Literal["errors"]
    errors: Annotated[dict[str, Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class _Update(BaseModel):
    response_action: Literal["update"]
    view: dict[str, Any]


class _Clear(BaseModel):
    response_action: Literal["clear"]


_response: TypeAdapter[_Errors | _Update | _Clear] = TypeAdapter(
    Annotated[_Errors | _Update | _Clear, Field(discriminator="response_action")]
)


def respond(workspace: Workspace, modal: Modal, body: bytes) -> None:
    """Close the modal, show errors in it, or replace what it shows."""
    modals = workspace.modals
    if not body.strip():
        modals.close(modal)
        return
    try:
        response = _response.validate_json(body)
        match response:
            case _Errors():
                errors = _below_inputs(modal, response.errors)
                modals.show(modal.id, modal.user, modal.view, errors)
            case _Update():
                modals.show(modal.id, modal.user, checked_modal(response.view))
            case _Clear():
                modals.close(modal)
    except (ValidationError, SlackError):
        modals.show(modal.id, modal.user, modal.view, FAILED)


def _below_inputs(modal: Modal, errors: Mapping[str, str]) -> Mapping[str, str]:
    """Return the errors, each of which must be about an input of the modal."""
    inputs = {block.get("block_id") for block in modal.view["blocks"] if block["type"] == "input"}
    return errors if errors.keys() <= inputs else FAILED
