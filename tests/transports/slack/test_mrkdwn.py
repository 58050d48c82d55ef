"""Markup becomes plain text, with or without links."""

import pytest

from bot.transports.slack.mrkdwn import as_plain_text


@pytest.mark.parametrize(
    ("markup", "with_links", "without"),
    [
        ("<https://x.org/a|Download> it", "Download (https://x.org/a) it", "Download it"),
        ("see <https://x.org/a>", "see https://x.org/a", "see …"),
        ("<!date^1^{date}|15 Jan>", "15 Jan", "15 Jan"),
        ("<!here> <@U0BOT> <#C0A|news>", "@here @U0BOT #news", "@here @U0BOT #news"),
        ("&lt;!here&gt; &amp;amp;", "<!here> &amp;", "<!here> &amp;"),
        ("a < b", "a < b", "a < b"),
    ],
)
def test_markup_becomes_plain_text(markup: str, with_links: str, without: str) -> None:
    assert as_plain_text(markup) == with_links
    assert as_plain_text(markup, links=False) == without
