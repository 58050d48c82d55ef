"""`/juicebox help`: all commands at a glance, or one in detail."""

from difflib import get_close_matches

from bot.slack_app.context import AppContext
from bot.slack_app.grammar import COMMANDS, NotUnderstood, shown
from bot.transports.slack.message import SlackMessage

_CLOSE = 0.7

GROUPS = (
    ("See what happened", ("status", "why", "exports")),
    ("Choose what you get", ("subscribe", "unsubscribe", "subscriptions")),
    ("Choose when", ("mute", "unmute", "quiet")),
    ("When something failed", ("failed", "retry")),
    ("Try me", ("test", "help")),
)
"""Every command, under the question that it answers."""


def help_screen(context: AppContext, text: str = "") -> SlackMessage:
    """Return the list of commands, or the one that was asked about.

    Raises:
        NotUnderstood: if there is none of this name; names one that is close to it.
    """
    asked = text.casefold().removeprefix("/juicebox").strip()
    usage = COMMANDS.get(asked)
    close = (
        get_close_matches(asked, COMMANDS, n=1, cutoff=_CLOSE) if asked and usage is None else []
    )
    if close:
        raise NotUnderstood(f"Did you mean `/juicebox help {close[0]}`?")
    if asked and usage is None:
        raise NotUnderstood(f"I don't know “{shown(asked)}”. `/juicebox help` lists what I know.")
    groups = [(title, [COMMANDS[name] for name in names]) for title, names in GROUPS]
    return context.screen("help", groups=groups, usage=usage)
