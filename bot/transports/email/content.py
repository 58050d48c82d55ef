"""Renders emails from three templates: the subject, plain text, and MJML for HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

import mrml
from markupsafe import escape

from bot.model import Audience, Notification
from bot.rendering.graphemes import cut
from bot.rendering.templates import TEST_PREFIX, Templates, context_of

SUBJECT, TEXT, HTML = "subject.txt.j2", "body.txt.j2", "body.mjml.j2"
TEMPLATE_FILES = (SUBJECT, TEXT, HTML)

_SUBJECT_LENGTH = 150
# Gmail clips an email at 102 KB: https://support.google.com/mail/answer/6546. Base64 with its line ends
# makes 5.5 bytes of 4, and headers are added.
_MAX_BYTES = 70_000
"""Of both bodies before they are encoded."""
_VALUE_LIMITS = (2_000, 500, 120)
"""In characters; tried in this order until the mail is small enough."""
_URL_SUFFIX = "Url"
"""Ends the names of links, which cannot be cut; the templates leave out long ones."""
_NO_WEB_FONTS = mrml.RenderOptions(fonts={})
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Mail:
    """An email: its subject, and the same body as text and as HTML.

    Recipients filter by `list_name`; emails of one `thread` are shown as a conversation. `link_mark`, if
    there is one, stands in both bodies where the recipient's own link to unsubscribe belongs.
    """

    subject: str
    text: str
    html: str
    list_name: str = ""
    thread: str = ""
    link_mark: str = ""

    def with_link(self, url: str) -> "Mail":
        """Return the email for one recipient."""
        text, html = (body.replace(self.link_mark, url) for body in (self.text, self.html))
        return replace(self, text=text, html=html, link_mark="")


class MailRenderer:
    """Render templates as emails that are small enough for mail programs to show in full."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        # Random, so that no value of an event can contain it. The path of a URL in both bodies.
        self._link_mark = f"https://unsubscribe.invalid/{token_hex(16)}"
        self._text = templates.environment(str)
        self._html = templates.environment(escape)

    def render(self, notification: Notification) -> Mail:
        context = context_of(notification, self._templates.clock())
        mail = self.render_template(notification.template, context)
        return replace(mail, list_name=str(notification.audience), thread=notification.thread)

    def render_template(self, template: str, context: Mapping[str, Any]) -> Mail:
        """Render a folder of `templates/` with this context; shorten its values if the mail gets too big.

        Both bodies see the subject as `subject`, and show `mark` first.

        Raises:
            RenderError: if one of the three templates fails.
        """
        for limit in _VALUE_LIMITS:
            mail = self._render(template, _with_short_values(context, limit))
            if len(mail.text.encode()) + len(mail.html.encode()) <= _MAX_BYTES:
                break
        return mail

    def headline(self, notification: Notification) -> str:
        """Return the notification as one line: its subject.

        Raises:
            RenderError: if its template fails.
        """
        context = context_of(notification, self._templates.clock())
        return self._subject(notification.template, context)

    def _subject(self, template: str, context: Mapping[str, Any]) -> str:
        with self._templates.naming(f"{template}/{SUBJECT}") as name:
            line = " ".join(self._text.get_template(name).render(context).split())
        return cut(line, _SUBJECT_LENGTH)

    def _render(self, template: str, context: Mapping[str, Any]) -> Mail:
        mark = TEST_PREFIX if context.get("test") else ""
        subject = self._subject(template, context)
        has_link = self._templates.links and context.get("audience") == Audience.RECRUITERS
        link_mark = self._link_mark if has_link else ""
        variables = {**context, "subject": subject, "mark": mark, "unsubscribe_url": link_mark}
        with self._templates.naming(f"{template}/{TEXT}") as name:
            body = self._text.get_template(name).render(variables).strip()
            text = _BLANK_LINES.sub("\n\n", body) + "\n"
        with self._templates.naming(f"{template}/{HTML}") as name:
            mjml = self._html.get_template(name).render(variables)
            html = mrml.to_html(mjml, render_options=_NO_WEB_FONTS).content
        return Mail(mark + subject, text, html, link_mark=link_mark)


def _with_short_values(context: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """Return the context with each text except links cut to the limit."""
    return {
        name: value if name.endswith(_URL_SUFFIX) else _short(value, limit)
        for name, value in context.items()
    }


def _short(value: Any, limit: int) -> Any:
    match value:
        case str():
            return cut(value, limit)
        case Mapping():
            return _with_short_values(value, limit)
        case list() | tuple():
            return [_short(item, limit) for item in value]
        case _:
            return value
