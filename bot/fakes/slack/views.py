"""The `views.*` methods: the Home tab of one user, and modals.

https://docs.slack.dev/reference/methods/views.publish
https://docs.slack.dev/reference/methods/views.open
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from bot.fakes.slack.arguments import OpenView, PublishView, Reply, SlackError, UpdateView
from bot.fakes.slack.chat import check_blocks, raise_for_block_errors
from bot.fakes.slack.composition import PlainText, up_to
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.workspace import APP, BOT, TEAM, Home, Workspace

_MAX_VIEW_BLOCKS = 100
_MAX_PRIVATE_METADATA = 3_000
_MAX_BYTES = 250_000


class _View(BaseModel):
    """The fields of all views: https://docs.slack.dev/reference/views."""

    model_config = ConfigDict(extra="forbid", strict=True)

    blocks: list[Any]
    private_metadata: Annotated[str, Field(max_length=_MAX_PRIVATE_METADATA)] = ""
    callback_id: Annotated[str, Field(max_length=255)] = ""
    external_id: Annotated[str, Field(max_length=255)] = ""


class _HomeView(_View):
    """https://docs.slack.dev/reference/views/home-tab-views."""

    type: Literal["home"]


class _ModalView(_View):
    """https://docs.slack.dev/reference/views/modal-views."""

    type: Literal["modal"]
    title: Annotated[PlainText, up_to(24)]
    submit: Annotated[PlainText, up_to(24)] | None = None
    close: Annotated[PlainText, up_to(24)] | None = None
    clear_on_close: bool = False
    notify_on_close: bool = False
    submit_disabled: bool = False


def publish(workspace: Workspace, request: PublishView) -> Reply:
    if not workspace.has_home_tab:
        raise SlackError("not_enabled")
    if request.user_id not in workspace.people:
        raise SlackError("user_not_found")
    view = _checked(_HomeView, request.view)
    _check_hash(request.hash, workspace.home_of(request.user_id))
    home = workspace.publish(request.user_id, view)
    return {"view": view_object(home)}


def open_modal(workspace: Workspace, request: OpenView) -> Reply:
    user = workspace.triggers.exchange(request.trigger_id)
    view = checked_modal(request.view)
    modal = workspace.modals.show(f"V{uuid4().hex[:10].upper()}", user, view)
    return {"view": view_object(modal)}


def update_modal(workspace: Workspace, request: UpdateView) -> Reply:
    """https://docs.slack.dev/reference/methods/views.update."""
    modal = workspace.modals.find(request.view_id, request.external_id)
    if modal is None:
        raise SlackError("not_found")
    view = checked_modal(request.view)
    _check_hash(request.hash, modal)
    return {"view": view_object(workspace.modals.show(modal.id, modal.user, view))}


def checked_modal(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the view with all its fields.

    Raises:
        SlackError: if Slack would refuse it.
    """
    view = _checked(_ModalView, given)
    if view["submit"] is None and any(block["type"] == "input" for block in view["blocks"]):
        message = "[ERROR] must define `submit` to use an `input` block in modals"
        raise SlackError("invalid_arguments", response_metadata={"messages": [message]})
    return view


def view_object(shown: Home | Modal) -> Mapping[str, Any]:
    return {
        **shown.view,
        "id": shown.id,
        "team_id": TEAM,
        "hash": shown.hash,
        "app_id": APP,
        "bot_id": BOT,
        "root_view_id": shown.id,
        "previous_view_id": None,
        "state": {"values": {}},
    }


def _checked(model: type[_View], given: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        view = model.model_validate(given)
    except ValidationError as error:
        messages = [f"[ERROR] view/{_path(e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages}) from None
    check_blocks(view.blocks, _MAX_VIEW_BLOCKS)
    raise_for_block_errors(list(_message_only_blocks(view.blocks)))
    if len(to_json(given)) > _MAX_BYTES:
        raise SlackError("view_too_large")
    return view.model_dump()


def _check_hash(given: str | None, current: Home | Modal | None) -> None:
    if given is not None and current is not None and given != current.hash:
        raise SlackError("hash_conflict")


def _message_only_blocks(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/markdown-block."""
    for index, block in enumerate(blocks):
        if block["type"] == "markdown":
            yield f"unsupported type: markdown [json-pointer:/blocks/{index}/type]"


def _path(loc: tuple[int | str, ...]) -> str:
    return "/".join(map(str, loc))
