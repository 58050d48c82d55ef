"""Notifications made into Slack messages and mails: escaping lives here, not in templates."""

import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import mrml
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    Undefined,
    pass_eval_context,
)
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from bot.clock import utc_now
from bot.errors import RenderError
from bot.model import Mail, Notification, SlackMessage
from bot.rendering import filters, graphemes
from bot.rendering.escaping import clean, json_string, mrkdwn
from bot.transports.email import size as mail_size
from bot.transports.slack import limits

TEMPLATES = Path(__file__).parents[2] / "templates"
SLACK, SUBJECT, TEXT, HTML = "slack.json.j2", "subject.txt.j2", "body.txt.j2", "body.mjml.j2"
TEMPLATE_FILES = (SLACK, SUBJECT, TEXT, HTML)

_SUBJECT_CHARACTERS = 150
_CUTS_EMOJI_IN_TWO = ("truncate",)
_WAYS_AROUND_ESCAPING = ("safe", "e", "escape", "forceescape", "tojson", "urlize", "xmlattr")
_NO_WEB_FONTS = mrml.RenderOptions(fonts={})
_TEST_MARK = "Test: "
"""Stands in front of what a test event is made into."""
_BLANK_LINES = re.compile(r"\n\s*\n")

Escape = Callable[[str], str]


def context_of(notification: Notification, now: datetime) -> dict[str, Any]:
    """What a template sees: the notification's context, the `event`, the `audience`, `now` and `test`.

    `now` is the moment of rendering, in seconds since 1970: a retry may come after a link expired.
    """
    return {
        **notification.context,
        "event": {
            "id": notification.event_id,
            "type": notification.event_type,
            "at": int(notification.occurred_at.timestamp()),
        },
        "audience": str(notification.audience),
        "now": int(now.timestamp()),
        "test": notification.test,
    }


class Renderer:
    """Templates of one folder; every method raises RenderError where a template fails.

    `slack` and `mail` are pure. `message_of` and `mail_of` render a notification as it reads now.
    """

    def __init__(
        self, templates: Path = TEMPLATES, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._templates = templates
        self._clock = clock
        self._slack = _environment(templates, lambda text: json_string(mrkdwn(text)))
        self._slack.filters |= filters.SLACK_ONLY
        self._text = _environment(templates, str)
        self._html = _environment(templates, escape)

    def message_of(self, notification: Notification) -> SlackMessage:
        """The notification as a message for Slack."""
        return self.slack(notification.template, context_of(notification, self._clock()))

    def mail_of(self, notification: Notification) -> Mail:
        """The notification as a mail."""
        return self.mail(notification.template, context_of(notification, self._clock()))

    def slack(self, template: str, context: Mapping[str, Any]) -> SlackMessage:
        """The message as `chat.postMessage` takes it, within Slack's limits.

        Raises:
            RenderError: if the template fails, or makes no message.
        """
        with self._naming(f"{template}/{SLACK}") as name:
            made = json.loads(self._slack.get_template(name).render(context))
            message = SlackMessage(made["text"], tuple(made["blocks"]))
            return limits.fit(_as_test(message) if context.get("test") else message)

    def mail(self, template: str, context: Mapping[str, Any]) -> Mail:
        """The mail's subject, which both bodies see as `subject`, and the bodies.

        The frame of the bodies puts `mark` in front of what it shows first. Values are cut as far
        as a mail of that size asks for.

        Raises:
            RenderError: if one of the three templates fails.
        """
        for longest in mail_size.LONGEST_VALUES:
            mail = self._mail(template, mail_size.with_short_values(context, longest))
            if mail_size.is_small(mail):
                break
        return mail

    def _mail(self, template: str, context: Mapping[str, Any]) -> Mail:
        mark = _TEST_MARK if context.get("test") else ""
        with self._naming(f"{template}/{SUBJECT}") as name:
            line = " ".join(self._text.get_template(name).render(context).split())
            subject = graphemes.cut(line, _SUBJECT_CHARACTERS)
        seen = {**context, "subject": subject, "mark": mark}
        with self._naming(f"{template}/{TEXT}") as name:
            body = self._text.get_template(name).render(seen).strip()
            text = _BLANK_LINES.sub("\n\n", body) + "\n"
        with self._naming(f"{template}/{HTML}") as name:
            mjml = self._html.get_template(name).render(seen)
            html = mrml.to_html(mjml, render_options=_NO_WEB_FONTS).content
        return Mail(mark + subject, text, html)

    @contextmanager
    def _naming(self, name: str) -> Iterator[str]:
        """Say of an error which template it comes from; a template's own words are fit to be shown."""
        try:
            yield name
        except Exception as error:
            said = f": {error}" if isinstance(error, TemplateError) else f": {type(error).__name__}"
            raise RenderError(f"template {name}{self._line(error)}{said}") from error

    def _line(self, error: Exception) -> str:
        ours = [
            f"{Path(frame.filename).relative_to(self._templates)} line {frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(self._templates)
        ]
        return f" ({ours[-1]})" if ours else ""


def _as_test(message: SlackMessage) -> SlackMessage:
    """The message with the mark in its text and its header; a message without one gets one."""
    header = {"type": "plain_text", "emoji": False, "text": "Test"}
    blocks = [*message.blocks]
    if blocks and blocks[0]["type"] == "header":
        first = blocks.pop(0)["text"]
        header = {**first, "text": _TEST_MARK + first["text"]}
    marked = ({"type": "header", "text": header}, *blocks)
    return SlackMessage(_TEST_MARK + message.text, marked)


def _environment(templates: Path, escape_text: Escape) -> Environment:
    """Templates whose every value is cleaned and escaped on its way out.

    Autoescape is on in each of them: it makes macros and blocks return Markup, which is how
    `finalize` knows what it has escaped already.
    """

    # Jinja would escape a template's constants as HTML, were it not for the evaluation context.
    @pass_eval_context
    def finalize(_: EvalContext, value: object) -> object:
        if isinstance(value, Markup | Undefined):
            return value
        return Markup(escape_text(clean(_text_of(value))))  # noqa: S704  # escaped right here

    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= filters.EVERYWHERE
    for name in (*_WAYS_AROUND_ESCAPING, *_CUTS_EMOJI_IN_TWO):
        del environment.filters[name]
    return environment


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError("only text and numbers can be shown")
