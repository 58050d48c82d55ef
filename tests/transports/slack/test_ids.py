"""The first letter of an id tells its kind."""

import pytest

from bot.transports.slack.ids import is_channel, is_conversation, is_direct_message, is_user


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("C012AB3CD", {"channel", "conversation"}),
        ("G012AB3CD", {"channel", "conversation"}),
        ("D012AB3CD", {"direct message", "conversation"}),
        ("U012AB3CD", {"user"}),
        ("W012AB3CD", {"user"}),
        ("C0A", {"channel", "conversation"}),
        ("C0", set()),
        ("C012ab3cd", set()),
        ("#C012AB3CD", set()),
        ("C012AB3CD\n", set()),
        ("C" * 32, set()),
        ("T012AB3CD", set()),
        ("", set()),
    ],
)
def test_an_id_tells_its_kind(text: str, kinds: set[str]) -> None:
    questions = {
        "user": is_user,
        "channel": is_channel,
        "direct message": is_direct_message,
        "conversation": is_conversation,
    }
    assert {kind for kind, ask in questions.items() if ask(text)} == kinds
