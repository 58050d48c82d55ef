"""Templates are rendered as messages and mails; errors name the template."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.errors import RenderError
from bot.model import Policy
from bot.rendering.templates import TEMPLATES, context_of
from bot.transports.email.content import Mail
from tests.event_fixtures import DEAD_DELIVERY, NAMES, TOLD, captured, notifications_of, sent
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER, mail_renderer, slack_renderer


def mail_of(event_type: str, data: dict[str, Any]) -> Mail:
    [notification] = notifications_of(sent(event_type, data))
    return MAIL_RENDERER.render_template(event_type, context_of(notification, NOW))


def slack_text(event_type: str, data: dict[str, Any]) -> str:
    [notification] = notifications_of(sent(event_type, data))
    return SLACK_RENDERER.render_template(event_type, context_of(notification, NOW)).text


def test_a_template_gets_its_context_the_event_and_the_audience() -> None:
    [notification] = notifications_of(captured("search.completed"))
    assert context_of(notification, NOW) == {
        "searchId": "srch_8f3k2m",
        "resultCount": 1204,
        "query": None,
        "resultsUrl": None,
        "event": {"id": "evt_srch_0001", "type": "search.completed", "at": 1768487400},
        "audience": "recruiters",
        "thread": "search:srch_8f3k2m",
        "now": 1768487400,
        "test": False,
    }


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 results"), (1, "1 result"), (2, "2 results"), (1204, "1,204 results")],
)
def test_the_number_of_results_has_a_singular_and_a_plural(count: int, expected: str) -> None:
    data = {"searchId": "s", "resultCount": count}
    assert slack_text("search.completed", data) == f"Search completed with {expected}"


def test_a_profile_without_fields_is_shown() -> None:
    assert slack_text("profile.enriched", {"profileId": "p", "fields": []}) == (
        "Profile enriched with 0 fields"
    )


def test_a_subject_is_cut_and_a_mail_shows_the_whole_query() -> None:
    query = "Rust " * 100
    mail = mail_of("search.completed", {"searchId": "s", "resultCount": 1, "query": query})
    assert len(mail.subject) < 130
    assert mail.subject.endswith("…”")
    assert query.strip() in mail.html


@pytest.mark.parametrize(
    ("prefix", "api_key", "expected"),
    [
        ("jb_live_7", "jb_live_3", "The bot still has the old key"),
        ("jb_live_7", "jb_live_7", "The bot already has the new key"),
        ("jb_live_7", None, "JUICEBOX_API_KEY is not set"),
        ("***", "jb_live_7", "The new key is masked"),
    ],
)
def test_a_new_key_comes_with_advice_on_every_transport(
    prefix: str, api_key: str | None, expected: str
) -> None:
    event = sent("key.rotated", {"newKeyPrefix": prefix})
    [notification] = notifications_of(event, Policy(api_key=api_key))
    context = context_of(notification, NOW)
    mail = MAIL_RENDERER.render_template("key.rotated", context)
    message = SLACK_RENDERER.render_template("key.rotated", context)
    assert expected in mail.text
    assert expected in mail.html
    assert expected in message.text


@pytest.mark.parametrize("name", TOLD)
def test_a_mail_contains_no_template_syntax(name: str) -> None:
    notification = TOLD[name]
    mail = MAIL_RENDERER.render_template(notification.template, context_of(notification, NOW))
    for text in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\{[{%#]|[}%#]\}|<mj-|</mj|None|Undefined|Markup", text)


@pytest.mark.parametrize("name", TOLD)
def test_a_mail_loads_nothing_from_the_network(name: str) -> None:
    notification = TOLD[name]
    html = MAIL_RENDERER.render_template(notification.template, context_of(notification, NOW)).html
    assert not re.search(r"<link|<img|@import|url\(|fonts\.g", html)
    known = re.compile(r"https?://(www\.w3\.org/1999/xhtml|(exports|app)\.example\.com/|\u200b)")
    assert [url for url in re.findall(r"https?://[^\s\"'<]*", html) if not known.match(url)] == []


@pytest.mark.parametrize("name", TOLD)
def test_a_message_turns_off_automatic_formatting(name: str) -> None:
    notification = TOLD[name]
    message = SLACK_RENDERER.render_template(notification.template, context_of(notification, NOW))
    found = re.findall(r"'type': '(plain_text|mrkdwn)', '(\w+)': (\w+)", str(message.blocks))
    assert {*found} == {("plain_text", "emoji", "False"), ("mrkdwn", "verbatim", "True")}
    texts = [text for text, _ in re.findall(r"'type': '(plain_text|mrkdwn)'(,|})", str(message))]
    assert len(found) == len(texts)


@pytest.mark.parametrize("name", NAMES)
def test_a_message_begins_with_a_headline_and_ends_with_the_ids(name: str) -> None:
    [notification] = notifications_of(captured(name))
    message = SLACK_RENDERER.render_template(notification.template, context_of(notification, NOW))
    assert message.blocks[0]["type"] == "header"
    assert message.blocks[-1]["elements"][-1]["text"] == f"Event {notification.event_id}"


def test_no_template_bypasses_escaping() -> None:
    for path in TEMPLATES.rglob("*.j2"):
        source = path.read_text()
        assert not re.search(r"\|\s*(safe|e|escape|forceescape|tojson)\b", source), path
        assert "autoescape" not in source, path
        assert "mj-raw" not in source or path.name == "mail.mjml.j2", path


@pytest.mark.parametrize("way", ["safe", "e", "escape", "tojson", "urlize"])
def test_filters_that_bypass_escaping_do_not_exist(tmp_path: Path, way: str) -> None:
    folder = write(tmp_path, "slack.json.j2", '{"text": "{{ x | ' + way + ' }}"}')
    with pytest.raises(RenderError, match=f"No filter named '{way}'"):
        slack_renderer(folder).render_template("t", {"x": 1})


def write(folder: Path, file: str, source: str) -> Path:
    (folder / "t").mkdir(exist_ok=True)
    (folder / "t" / file).write_text(source)
    return folder


def test_numbers_booleans_and_constants_are_rendered(tmp_path: Path) -> None:
    source = """{"text": "{{ 'a \\"b\\" <c>' }} {{ none }} {{ 1.5 }}", "blocks": [
        {"type": "x", "n": {{ n }}, "b": {{ b }}, "s": "{{ opaque | opaque }}"}]}"""
    folder = write(tmp_path, "slack.json.j2", source)
    context = {"n": 3, "b": True, "opaque": '&"<'}
    message = slack_renderer(folder).render_template("t", context)
    assert message.text == 'a "b" &lt;c&gt;  1.5'
    assert message.blocks == ({"type": "x", "n": 3, "b": True, "s": '&"<'},)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            '{"text": "{{ nothing }}"}',
            "template t/slack.json.j2 (t/slack.json.j2 line 1): 'nothing' is undefined",
        ),
        (
            '{"text": "{{ x | number }}"}',
            "template t/slack.json.j2 (t/slack.json.j2 line 1): ValueError",
        ),
        ('{"text": "{{ [x] }}"}', "template t/slack.json.j2 (t/slack.json.j2 line 1): TypeError"),
        ('{"text": ', "template t/slack.json.j2: JSONDecodeError"),
        ('{"blocks": []}', "template t/slack.json.j2: KeyError"),
        (
            "{% if %}",
            "template t/slack.json.j2 (t/slack.json.j2 line 1): Expected an expression, got 'end of statement block'",
        ),
    ],
)
def test_a_template_error_names_the_template_and_no_value(
    tmp_path: Path, source: str, fault: str
) -> None:
    folder = write(tmp_path, "slack.json.j2", source)
    with pytest.raises(RenderError) as failed:
        slack_renderer(folder).render_template("t", {"x": "secret"})
    assert str(failed.value) == fault


def test_a_missing_template_is_named() -> None:
    with pytest.raises(RenderError, match=r"^template nowhere/slack\.json\.j2: "):
        SLACK_RENDERER.render_template("nowhere", {})
    with pytest.raises(RenderError, match=r"^template nowhere/subject\.txt\.j2: "):
        MAIL_RENDERER.render_template("nowhere", {})


def test_mjml_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "subject.txt.j2", "x")
    write(tmp_path, "body.txt.j2", "x")
    folder = write(tmp_path, "body.mjml.j2", "<mjml><mj-body></mjml>")
    with pytest.raises(RenderError, match=r"^template t/body\.mjml\.j2: OSError$"):
        mail_renderer(folder).render_template("t", {})


def test_no_font_is_loaded_even_if_a_template_names_it(tmp_path: Path) -> None:
    write(tmp_path, "subject.txt.j2", "x")
    write(tmp_path, "body.txt.j2", "x")
    text = '<mj-text font-family="Roboto">x</mj-text>'
    source = (
        f"<mjml><mj-body><mj-section><mj-column>{text}</mj-column></mj-section></mj-body></mjml>"
    )
    folder = write(tmp_path, "body.mjml.j2", source)
    mail = mail_renderer(folder).render_template("t", {})
    assert "Roboto" in mail.html
    assert "fonts.googleapis" not in mail.html


def test_a_link_too_long_for_slack_is_in_the_mail() -> None:
    url = "https://e.example/" + "x" * 3_000
    [notification] = notifications_of(sent("export.ready", {"exportId": "e", "downloadUrl": url}))
    context = context_of(notification, NOW)
    message = SLACK_RENDERER.render_template("export.ready", context)
    assert "too long for Slack" in str(message.blocks)
    assert url not in str(message.blocks)
    assert url in MAIL_RENDERER.render_template("export.ready", context).html


def test_a_dead_letter_says_how_to_retry_it() -> None:
    context = context_of(DEAD_DELIVERY, NOW)
    command = "python -m bot retry dlv_8d3f0a91c2b7"
    assert command in SLACK_RENDERER.render_template("dead_letter", context).text
    mail = MAIL_RENDERER.render_template("dead_letter", context)
    assert command in mail.text
    assert command in mail.html
