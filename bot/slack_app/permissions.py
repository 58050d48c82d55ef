"""Who may change what a place gets, and who may act for the operators; and how a change is made."""

from collections.abc import Callable

import structlog

from bot.model import Destination
from bot.model.subscription import Place
from bot.slack_app.context import AppContext

_UNKNOWN = (
    "I can't tell members from guests, so I can't change what a channel gets: I lack the scope"
    " users:read. Please ask the person who looks after me to install me again. For yourself, add `me`."
)
_NO_ANSWER = (
    "Slack does not answer right now, so I can't see whether you may do that. Nothing was changed; please"
    " try again in a minute."
)
_GUEST = "Guests and people from other workspaces can change what they get themselves: add `me`."
_NOT_ADMIN = (
    "Only the people who look after me can change what a channel gets. What you get yourself is yours:"
    " add `me` to the command."
)
_NOT_OPERATOR = "That is for the people who look after me. Please ask one of them."

_log = structlog.get_logger()


async def refusal(
    context: AppContext, user: str, to: Destination | None = None, team: str = ""
) -> str:
    """Return why the user may not change what the place gets; empty if the user may.

    Without a place it is about what operators do, such as sending again. People may always change what
    they get themselves. `SLACK_ADMINS`, if set, limits everything else to its users, and otherwise it is
    for members of the bot's own workspace. `team` is the user's workspace if the request names it.
    """
    if to is not None and to.address == user:
        return ""
    guest = _GUEST if to else _NOT_OPERATOR
    if team and team != (await context.workspace.identity()).team_id:
        return guest
    if context.admins:
        refused = _NOT_ADMIN if to else _NOT_OPERATOR
        return "" if user in context.admins else refused
    identity = await context.workspace.identity()
    person = await context.people.get(user, identity.team_id or "")
    if person is None:
        return _UNKNOWN if context.people.lacks_scope else _NO_ANSWER
    return "" if person.is_member else guest


async def change(
    context: AppContext, to: Destination, edit: Callable[[Place], Place], *, by: str, what: str
) -> Place:
    """Change what the place gets, and log it with the id of the user who did; return what is stored."""
    place = await context.store.places.edit(to, edit, context.clock())
    _log.info("subscription changed", what=what, channel=str(to.transport), by=by)
    return place
