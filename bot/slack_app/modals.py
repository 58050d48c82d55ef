"""Modals of the bot: one to add a subscription, and one with the details of an event.

https://docs.slack.dev/surfaces/modals
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from bot.model import in_words
from bot.model.subscription import EVERYTHING
from bot.slack_app.arguments import MOST_RESULTS, Where
from bot.slack_app.context import AppContext
from bot.slack_app.filters import LONGEST_QUERY, having, lacking
from bot.slack_app.interactions import Submission
from bot.slack_app.my_choices import Wanted
from bot.slack_app.target import Target
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.message import SlackMessage

SUBSCRIBE = "home_subscribe"
"""The callback id of the modal that adds a subscription."""
_TITLE = 24
"""https://docs.slack.dev/reference/views/modal-views"""

_log = structlog.get_logger()


def subscribe_view(context: AppContext, own: Sequence[Target]) -> Mapping[str, Any]:
    """Return the modal, which offers the person's own places: email only if it can be sent."""
    names = {Where.EMAIL: "By email to {}", Where.ME: "As a direct message"}
    places = [(str(to.where), names[to.where].format(to.to.address)) for to in own]
    form = context.screen(
        "modal_subscribe",
        types=[(EVERYTHING, "Everything"), *((t, in_words(t)) for t in sorted(context.filters))],
        places=places,
        has_email=len(own) > 1,
        longest_query=LONGEST_QUERY,
    )
    return {**_modal(form), "callback_id": SUBSCRIBE, "submit": _plain("Add")}


def details_view(message: SlackMessage) -> Mapping[str, Any]:
    """Return a modal that shows a message."""
    return _modal(replace(message, text="Details"), close="Close")


def read_wanted(
    context: AppContext, submission: Submission, own: Sequence[Target]
) -> Wanted | Mapping[str, str]:
    """Return what was asked for, or what is wrong with it by the names of fields."""
    errors: dict[str, str] = {}
    types = submission.element("types").all_given
    if not types:
        errors["types"] = "Choose at least one kind of event."
    elif not {EVERYTHING, *context.filters} >= {*types}:
        errors["types"] = "Choose from the list."
    query = submission.element("query").given.strip()
    minimum = submission.element("minimum").given.strip()
    if len(query) > LONGEST_QUERY:
        errors["query"] = f"Give at most {LONGEST_QUERY} characters."
    if minimum and not _is_count(minimum):
        errors["minimum"] = f"Give a whole number from 0 to {MOST_RESULTS:,}, such as 100."
    given = {"query": query, "min": minimum}
    for name, refusal in _misplaced_filters(context, types, given).items():
        errors.setdefault(name, refusal)
    by_mail = submission.element("where").given == Where.EMAIL
    target = next((to for to in own if (to.where is Where.EMAIL) is by_mail), None)
    if target is None:
        errors["where"] = "I can't send you mail now: choose direct messages."
    if errors or target is None:
        return errors
    chosen = (EVERYTHING,) if EVERYTHING in types else types
    return Wanted(target, chosen, query, int(minimum) if minimum else None)


async def open_modal(
    context: AppContext, trigger_id: str, view: Mapping[str, Any], within: timedelta
) -> None:
    """Show the modal. If that fails, it is logged: the user sees that nothing opens, and can try again.

    https://docs.slack.dev/reference/methods/views.open
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            await context.client.views_open(trigger_id=trigger_id, view=dict(view))
    except CALL_ERRORS as error:
        _log.warning("modal not opened", fault=type(error).__name__)


def _is_count(text: str) -> bool:
    """Return whether this is a whole number, written in digits, that is not too large."""
    is_short = len(text) <= len(str(MOST_RESULTS))
    return is_short and text.isascii() and text.isdecimal() and int(text) <= MOST_RESULTS


def _misplaced_filters(
    context: AppContext, types: Sequence[str], given: Mapping[str, str]
) -> Mapping[str, str]:
    """Return why filters that were given do not fit the types, by the names of fields."""
    errors: dict[str, str] = {}
    for name, field in (("query", "query"), ("min", "minimum")):
        if not given[name]:
            continue
        able = [in_words(t) for t in having(context.filters, name)]
        without = [t for t in types if lacking(context.filters, t, name)]
        if without:
            label = "Everything" if EVERYTHING in without else in_words(without[0])
            what = "search words" if name == "query" else "a number of results or records"
            errors[field] = (
                f"“{label}” has no such filter: only {' and '.join(able)} can have {what}."
            )
    return errors


def _modal(message: SlackMessage, close: str = "Cancel") -> Mapping[str, Any]:
    return {
        "type": "modal",
        "title": _plain(message.text[:_TITLE]),
        "close": _plain(close),
        "blocks": blocks_of(message),
    }


def blocks_of(message: SlackMessage) -> list[dict[str, Any]]:
    """Return the message's blocks, or its text as a block: a view has no text of its own."""
    text = {"type": "section", "text": {"type": "plain_text", "text": message.text}}
    return [dict(block) for block in message.blocks or (text,)]


def _plain(text: str) -> Mapping[str, Any]:
    return {"type": "plain_text", "text": text}
