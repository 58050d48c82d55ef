"""The nouns of the bot."""

from bot.model import Audience, Notify


def test_a_notify_does_not_show_its_context_in_a_log() -> None:
    shown = repr(Notify(Audience.RECRUITERS, "search.completed", {"query": "secret-payload"}))
    assert "secret-payload" not in shown
