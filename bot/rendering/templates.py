"""Loads the Jinja templates, escapes every value, and names the template in errors."""

import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from jinja2.nodes import EvalContext
from markupsafe import Markup

from bot.clock import utc_now
from bot.errors import RenderError
from bot.model import Notification, Platform
from bot.rendering.escaping import clean
from bot.rendering.filters import COMMON, Filter

TEMPLATES = Path(__file__).parents[2] / "templates"
TEST_PREFIX = "Test: "
"""Begins every message about a test event."""

_REMOVED_FILTERS = (
    *("safe", "e", "escape", "forceescape", "tojson", "urlize", "xmlattr"),  # bypass our escaping
    "truncate",  # cuts within grapheme clusters
)


def context_of(notification: Notification, now: datetime) -> dict[str, Any]:
    """Return the variables of a template: the notification's context, and what it is about and for whom.

    `now` is the time of rendering in seconds since 1970: a retry may come after a link has expired.
    """
    return {
        **notification.context,
        "event": {
            "id": notification.event_id,
            "type": notification.event_type,
            "at": int(notification.occurred_at.timestamp()),
        },
        "audience": str(notification.audience),
        "thread": notification.thread,
        "now": int(now.timestamp()),
        "test": notification.test,
    }


class Templates:
    """The templates of one folder, rendered with the time that `clock` returns.

    Commands in them fit the `platform`, which templates know under this name. With `links`, a sender puts
    the recipient's link to unsubscribe into each email.
    """

    def __init__(
        self,
        folder: Path = TEMPLATES,
        clock: Callable[[], datetime] = utc_now,
        platform: Platform = Platform(),  # noqa: B008  # it is immutable
        *,
        links: bool = False,
    ) -> None:
        self._folder = folder
        self._platform = platform
        self.clock = clock
        self.links = links

    def environment(
        self, escape: Callable[[str], str], filters: Mapping[str, Filter] | None = None
    ) -> jinja2.Environment:
        """Return an environment that cleans and escapes every value on output.

        With autoescape, macros and blocks return Markup, which `finalize` does not escape again.
        """

        @jinja2.pass_eval_context  # without it, Jinja would escape constants as HTML
        def finalize(_: EvalContext, value: object) -> object:
            return value if isinstance(value, jinja2.Undefined) else shown(escape, value)

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals["platform"] = self._platform
        environment.filters |= {**COMMON, **(filters or {})}
        for name in _REMOVED_FILTERS:
            del environment.filters[name]
        return environment

    @contextmanager
    def naming(self, name: str) -> Iterator[str]:
        """Turn any error inside into a RenderError with the template's name and line.

        Only the text of Jinja's errors is included: other errors may contain a value.
        """
        try:
            yield name
        except Exception as error:
            text = str(error) if isinstance(error, jinja2.TemplateError) else type(error).__name__
            raise RenderError(f"template {name}{self._line(error)}: {text}") from error

    def _line(self, error: Exception) -> str:
        places = [
            f"{Path(frame.filename).relative_to(self._folder)} line {frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(self._folder)
        ]
        return f" ({places[-1]})" if places else ""


def shown(escape: Callable[[str], str], value: object) -> Markup:
    """Return the value cleaned and escaped; Markup is both already."""
    if isinstance(value, Markup):
        return value
    return Markup(escape(clean(_text_of(value))))  # noqa: S704  # escaped right here


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError("only text and numbers can be shown")
