"""Renders mails from three templates: the subject, plain text, and MJML for HTML."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import mrml
from markupsafe import escape

from bot.model import Mail, Notification
from bot.rendering import graphemes
from bot.rendering.templates import TEST_PREFIX, Templates
from bot.transports.email import size

SUBJECT, TEXT, HTML = "subject.txt.j2", "body.txt.j2", "body.mjml.j2"
TEMPLATE_FILES = (SUBJECT, TEXT, HTML)

_SUBJECT_LENGTH = 150
_NO_WEB_FONTS = mrml.RenderOptions(fonts={})
_BLANK_LINES = re.compile(r"\n\s*\n")


class MailRenderer:
    """Render templates as mails that are small enough for mail programs to show in full."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._text = templates.environment(str)
        self._html = templates.environment(escape)

    def render(self, notification: Notification) -> Mail:
        """Render the notification with `render_template`."""
        mail = self.render_template(notification.template, self._templates.context(notification))
        return replace(mail, list_name=str(notification.audience), thread=notification.thread)

    def render_template(self, template: str, context: Mapping[str, Any]) -> Mail:
        """Render a folder of `templates/` with this context; shorten its values if the mail gets too big.

        Both bodies see the subject as `subject`, and show `mark` first.

        Raises:
            RenderError: if one of the three templates fails.
        """
        for limit in size.VALUE_LIMITS:
            mail = self._render(template, size.with_short_values(context, limit))
            if size.is_small(mail):
                break
        return mail

    def _render(self, template: str, context: Mapping[str, Any]) -> Mail:
        mark = TEST_PREFIX if context.get("test") else ""
        with self._templates.naming(f"{template}/{SUBJECT}") as name:
            line = " ".join(self._text.get_template(name).render(context).split())
            subject = graphemes.cut(line, _SUBJECT_LENGTH)
        seen = {**context, "subject": subject, "mark": mark}
        with self._templates.naming(f"{template}/{TEXT}") as name:
            body = self._text.get_template(name).render(seen).strip()
            text = _BLANK_LINES.sub("\n\n", body) + "\n"
        with self._templates.naming(f"{template}/{HTML}") as name:
            mjml = self._html.get_template(name).render(seen)
            html = mrml.to_html(mjml, render_options=_NO_WEB_FONTS).content
        return Mail(mark + subject, text, html)
