"""Follow and Unfollow: further messages about one search, export or profile, for the presser alone."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bot.model import choices
from bot.model.subscription import Place
from bot.model.threads import can_be_followed, kind_of
from bot.slack_app.arguments import Where
from bot.slack_app.context import Answer, AppContext, Update
from bot.slack_app.destinations import change_place, find_target
from bot.slack_app.press import Press
from bot.transports.slack.action_ids import FOLLOW, UNFOLLOW
from bot.transports.slack.message import Block, SlackMessage

_NOT_FOLLOWED = (
    "This button is damaged, so nothing was changed. Please use the one of another message."
)
_HOW_TO_STOP = (
    "To stop, press Unfollow. `/juicebox subscriptions` lists everything that you get, and why."
)
_LABELS = {FOLLOW: "Follow", UNFOLLOW: "Unfollow"}


async def follow(context: AppContext, press: Press) -> Answer:
    thread, now = press.value, context.clock()
    if not can_be_followed(thread):
        return Answer(context.screen("pressed", text=_NOT_FOLLOWED))
    was_followed = False

    def edit(place: Place) -> Place:
        nonlocal was_followed
        current = choices.unexpired(place, now, context.store.retention)
        was_followed = choices.follows(current, thread)
        if was_followed:
            return choices.applied(current, {thread}, now)
        return choices.follow(current, thread, press.user, now)

    target = await find_target(context, Where.ME, press.asker)
    await change_place(context, press.asker, target, edit, "follow")
    text = (
        f"You follow this {kind_of(thread)}{' already' if was_followed else ' from now on'}: everything"
        f" further about it comes to you as a direct message. {_HOW_TO_STOP}"
    )
    return _answer(context, press, text, UNFOLLOW)


async def unfollow(context: AppContext, press: Press) -> Answer:
    thread, now = press.value, context.clock()
    if not can_be_followed(thread):
        return Answer(context.screen("pressed", text=_NOT_FOLLOWED))
    was_followed = False

    def edit(place: Place) -> Place:
        nonlocal was_followed
        current = choices.unexpired(place, now, context.store.retention)
        was_followed = choices.follows(current, thread)
        return choices.unfollow(current, thread)

    target = await find_target(context, Where.ME, press.asker)
    await change_place(context, press.asker, target, edit, "unfollow")
    kind = kind_of(thread)
    text = (
        f"You no longer follow this {kind}. To get its messages again, press Follow."
        if was_followed
        else f"You do not follow this {kind}. To get its messages, press Follow."
    )
    return _answer(context, press, text, FOLLOW)


def _answer(context: AppContext, press: Press, text: str, action_id: str) -> Answer:
    """Return the answer with the button that undoes it.

    An answer replaces the one before it. A message that nobody else sees gets this button, too.
    """
    label = _LABELS[action_id]
    message = context.screen("pressed", text=text, label=label, action=action_id, value=press.value)
    changed = _with_button(press, action_id)
    if press.is_in_channel or changed is None:
        return Answer(message, replaces=press.is_ephemeral)
    return Answer(message, edit=partial(_show, changed))


async def _show(message: SlackMessage, update: Update) -> None:
    await update(message)


def _with_button(press: Press, action_id: str) -> SlackMessage | None:
    """Return the message with this button in place of the one that was pressed; None without a message."""
    if press.message is None or not press.message.blocks:
        return None
    pressed, text = press.actions[0].action_id, {"type": "plain_text", "text": _LABELS[action_id]}
    button = {"type": "button", "action_id": action_id, "text": text, "value": press.value}
    blocks = [_replaced(block, pressed, button) for block in press.message.blocks]
    return SlackMessage(press.message.text, tuple(blocks))


def _replaced(block: Block, pressed: str, button: Mapping[str, Any]) -> Block:
    elements: Sequence[Any] = block.get("elements", ())
    if block.get("type") != "actions" or not isinstance(elements, list):
        return block
    return {
        **block,
        "elements": [
            button if isinstance(e, dict) and e.get("action_id") == pressed else e for e in elements
        ],
    }
