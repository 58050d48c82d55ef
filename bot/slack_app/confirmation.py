"""What is answered after a change: what was done, notes about it, and how to undo it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.slack_app.context import Answer, AppContext, Asker
from bot.slack_app.target import Target

_NO_SCOPE = " The person who looks after me can give me the scope users:read and install me again."
_NO_ANSWER = " Slack does not answer right now: in a minute, you can type the command again."


@dataclass(frozen=True, slots=True)
class Done:
    """A sentence such as `before *subject*after until …`, without its full stop."""

    before: str
    subject: str = ""
    after: str = ""
    until: datetime | None = None
    notes: Sequence[str] = ()
    """Sentences; what stands between backticks is shown as code."""
    undo: Sequence[str] = ()
    """Commands."""


def confirm(context: AppContext, asker: Asker, target: Target, done: Done) -> Answer:
    """Answer the asker; what changes a channel is shown to the channel, with who did it."""
    by = "" if target.owner else asker.user
    message = context.screen("changed", done=done, by=by)
    return Answer(message, in_channel=not target.owner)


def zone_unknown(context: AppContext) -> str:
    """Say that a time is in UTC, and why, if Slack does not tell the asker's time zone."""
    reason = _NO_SCOPE if context.people.lacks_scope else _NO_ANSWER
    return f"I can't see your time zone, so the time is in UTC.{reason}"


def nothing_done(context: AppContext, sentence: str) -> Answer:
    """Answer the asker alone that there was nothing to change."""
    return Answer(context.screen("changed", done=Done(sentence), by=""))
