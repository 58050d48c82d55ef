"""Links in messages: only https, and only to EXPORT_URL_HOSTS if that is set."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.fakes.slack.block_kit import block_errors
from bot.model import Policy, Record, host_pattern
from bot.rendering.filters import unlinked
from bot.rendering.templates import context_of
from bot.settings import load_settings
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.app import Bot, MakeSettings, envelope
from tests.event_fixtures import intents_of, notifications_of, sent
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER
from tests.slack_app.traffic import signed, slash_command

OURS = Policy(export_url_hosts=("exports.example.com", ".cdn.example.com"))
LINKED = (
    "https://exports.example.com/a.csv?signature=x",
    "https://exports.example.com",
    "https://exports.example.com?x=1",
    "https://exports.example.com#x",
    "HTTPS://Exports.EXAMPLE.com/a",
    "https://exports.example.com./a",
    "https://exports.example.com:8443/a",
    "https://eu.cdn.example.com/a",
    "https://a.b.cdn.example.com/a",
    "https://exports.example.com/a@evil.example",
    "https://exports.example.com/a\\b",
)
NOT_LINKED = (
    "https://evil.example/a",
    "https://exports.example.com.evil.example/a",
    "https://evil-exports.example.com/a",
    "https://sub.exports.example.com/a",
    "https://cdn.example.com/a",
    "https://evilcdn.example.com/a",
    "https://exports.example.com@evil.example/a",
    "https://exports.example.com:443@evil.example/a",
    "https://user:secret@exports.example.com/a",
    "https://exports.example.com\\@evil.example/a",
    "https://exports.example.com\\.evil.example/a",
    "https://exports.example.com%2eevil.example/a",
    "https://exports%2eexample.com/a",
    "https://exports.example.com:evil/a",
    "https://exports.example.com..evil.example/a",
    "https://[::1]/a",
    "https://[::ffff:10.0.0.1]/a",
    "https://10.0.0.1/a",
    "https://0x0a000001/a",
    "https://\uff45xports.example.com/a",
    "https://expor\u1e6ds.example.com/a",
    "https://export\u017f.example.com/a",
    "https://exports\u3002example.com/a",
    "https://xn--exports-example-com-.evil.example/a",
)


def export(url: str, policy: Policy = OURS) -> tuple[SlackMessage, Mail]:
    data = {"exportId": "exp_1", "downloadUrl": url, "recordCount": 7}
    [notification] = notifications_of(sent("export.ready", data), policy)
    context = context_of(notification, NOW)
    message = SLACK_RENDERER.render_template("export.ready", context)
    return message, MAIL_RENDERER.render_template("export.ready", context)


def markup(node: Any) -> Iterator[str]:
    """Yield every text of a message in which Slack reads markup, and so links."""
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            assert node["verbatim"] is True
            yield node["text"]
        for value in node.values():
            yield from markup(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from markup(item)


def targets(message: SlackMessage, mail: Mail) -> list[str]:
    """Return every link of the message and the mail."""
    buttons = re.findall(r'"url": "([^"]*)"', json.dumps(message.blocks))
    marked = [m for text in markup(message.blocks) for m in re.findall(r"<(https?:[^>|]*)", text)]
    bare = [m for text in (message.text, mail.text) for m in re.findall(r"(?i)https?:\S+", text)]
    return [*buttons, *marked, *bare, *re.findall(r'href="([^"]*)"', mail.html)]


@pytest.mark.parametrize("url", LINKED)
def test_an_address_on_a_listed_host_is_a_link(url: str) -> None:
    message, mail = export(url)
    assert len(targets(message, mail)) == 3  # the button, the mail's button, the mail's text


@pytest.mark.parametrize("url", NOT_LINKED, ids=ascii)
def test_an_address_on_any_other_host_is_text(url: str) -> None:
    assert OURS.may_link(url) is False
    message, mail = export(url)
    assert targets(message, mail) == []
    assert "href" not in mail.html
    assert block_errors(message.blocks) == []


@pytest.mark.parametrize("url", NOT_LINKED, ids=ascii)
def test_a_text_address_is_code_in_slack_and_not_linked_by_mail_programs(url: str) -> None:
    shown = unlinked(url)
    assert shown is not None
    message, mail = export(url)
    assert any(f"`{shown}`" in text for text in markup(message.blocks))
    assert shown in mail.text
    assert shown in mail.html
    for text in (mail.text, mail.html, json.dumps(message.blocks, ensure_ascii=False)):
        assert not re.search(r"evil\.example|exports\.example", text)


def test_a_text_address_shows_host_and_path_but_no_credentials() -> None:
    shown = unlinked("https://good.example:x@evil.example/a.csv?signature=secret#secret")
    assert (shown or "").replace("\u200b", "") == "evil.example/a.csv"
    assert (unlinked("https://evil.example?q=1") or "").replace("\u200b", "") == "evil.example"


def test_the_record_of_an_export_has_the_whole_address() -> None:
    url = "https://evil.example/a.csv?signature=x"
    kept, _ = intents_of(sent("export.ready", {"exportId": "e", "downloadUrl": url}), OURS)
    assert isinstance(kept, Record)
    assert kept.fields["downloadUrl"] == url


@pytest.mark.parametrize("url", ["https://evil.example/a", "https://[::1]/a", "https://10.0.0.1"])
def test_without_the_setting_any_host_is_linked(url: str) -> None:
    assert len(targets(*export(url, Policy()))) == 3


@pytest.mark.parametrize(
    "url",
    [
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://evil.example\\/",
        "https://evi\u017f.example/",
        "https://b\u00fccher.example/",
    ],
    ids=ascii,
)
def test_without_the_setting_an_ambiguous_address_is_text(url: str) -> None:
    assert targets(*export(url, Policy())) == []


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Exports.Example.COM", "exports.example.com"),
        ("exports.example.com.", "exports.example.com"),
        (" exports.example.com ", "exports.example.com"),
        ("*.Example.com", ".example.com"),
        (".example.com", ".example.com"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_may_be_written_in_several_ways(text: str, pattern: str) -> None:
    assert host_pattern(text) == pattern


@pytest.mark.parametrize(
    "value",
    [
        *("https://exports.example.com", "exports.example.com/a", "exports.example.com:443"),
        *("*", "*.", ".", "*.com", ".com", "a.*.com", "*example.com", "a..b", "a.-b.com", ","),
        *("user@exports.example.com", "exports example.com", "b\u00fccher.example", "[::1]"),
        *("10.0.0.1", "a.0x1F", "good.example, ", "x." * 130 + "example"),
    ],
)
def test_an_invalid_host_stops_the_process_with_one_line(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    make_settings()
    monkeypatch.setenv("EXPORT_URL_HOSTS", value)
    if value == "good.example, ":
        assert load_settings().policy.export_url_hosts == ("good.example",)
        return
    with pytest.raises(SettingsError, match=r"^EXPORT_URL_HOSTS is malformed: [^\n]*$"):
        load_settings()


async def test_status_links_to_no_export(bot: Bot) -> None:
    """Not even to one that is linked in the message: anyone may send the command."""
    url = "https://exports.example.com/a.csv"
    await bot.receive(envelope(event_type="export.ready", exportId="exp_1", downloadUrl=url))
    await bot.receive(envelope("evt_2", "export.unknown", exportId="exp_1", downloadUrl=url))
    await bot.slack.wait_for(1)
    for text in ("status", "status evt_1", "status evt_2"):
        body = slash_command(text)
        answer = await bot.client.post("/slack/events", content=body, headers=signed(body))
        assert answer.status_code == 200
        assert "exports.example.com" not in answer.text
