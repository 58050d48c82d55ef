"""Block Kit for Slack's templates, which call it `ui`.

Every function returns JSON. Values are escaped here, and shown as plain text; Markup, such as a date made
by `|slack_date` or the text of a call block, is escaped already, and shown as mrkdwn.
https://docs.slack.dev/reference/block-kit
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bot.model.threads import can_be_followed
from bot.rendering import filters
from bot.rendering.graphemes import cut
from bot.transports.slack.action_ids import FOLLOW, MUTE
from bot.transports.slack.filters import opaque, slack_date, unstyled
from bot.transports.slack.limits import FIELD

_FIELDS_PER_SECTION = 10
_MAX_LABEL = 60
_MAX_QUOTE = 500


class Blocks:
    """`show` escapes a value for use between the quotes of a JSON string."""

    def __init__(self, show: Callable[[object], str]) -> None:
        self._show = show

    def header(self, text: object) -> Markup:
        return _json('{"type":"header","text":', self._plain(text), "}")

    def section(self, text: object = "", caller: Callable[[], Markup] | None = None) -> Markup:
        """A paragraph: `section("text")`, or `{% call ui.section() %}*bold* {{ value }}{% endcall %}`."""
        shown = caller() if caller else text
        return _json('{"type":"section","text":', self._mrkdwn(shown), "}")

    def facts(self, pairs: Sequence[tuple[str, object]], limit: int = FIELD) -> Markup:
        """Labels with values, without those whose value is None; at least one must have a value.

        A value has at most `limit` characters, unless it is Markup.
        """
        cells: list[str] = []
        for label, value in pairs:
            if value is not None:
                shown = value if isinstance(value, Markup) else cut(str(value), limit)
                name = unstyled(cut(label, _MAX_LABEL))
                cells += [self._mrkdwn(f"*{name}*"), self._element(shown)]
        groups = [
            ",".join(cells[start : start + _FIELDS_PER_SECTION])
            for start in range(0, len(cells), _FIELDS_PER_SECTION)
        ]
        return _json(",".join(f'{{"type":"section","fields":[{group}]}}' for group in groups))

    def bar(self, part: float, whole: float) -> Markup:
        """A bar such as ▰▰▰▰▰▰▰▰▱▱ *84.0%*, in the colour of the text."""
        return self.section(f"{filters.bar(part, whole)}  *{filters.percent(part, whole)}*")

    def quote(self, text: object, limit: int = _MAX_QUOTE) -> Markup:
        """Someone's words, as a quotation without styles."""
        quoted = unstyled(cut(str(text), limit))
        return self.section(_json("> ", self._show(quoted)))

    def link_line(self, text: object, url: str | None) -> Markup:
        """A line of a list, which links the URL if there is one."""
        shown = self._show(unstyled(str(text)))
        linked = _json("<", opaque(filters.link(url)), "|", shown, ">") if url else shown
        return self.section(_json("• ", linked))

    def button(
        self,
        label: str,
        url: str | None = None,
        action: str = "open_link",
        value: str | None = None,
        style: str | None = None,
    ) -> Markup:
        optional = {"url": filters.link(url) if url else None, "value": value, "style": style}
        return _json(
            f'{{"type":"button","action_id":"{opaque(action)}","text":{self._plain(label)}',
            *(
                f',"{name}":"{opaque(given)}"'
                for name, given in optional.items()
                if given is not None
            ),
            "}",
        )

    def actions(self, *buttons: Markup) -> Markup:
        return _json('{"type":"actions","elements":[', ",".join(buttons), "]}")

    def actions_about(self, thread: str, *buttons: Markup) -> Markup:
        """The buttons, Follow if the thread can be followed, and Mute."""
        follow = [self.button("Follow", action=FOLLOW, value=thread)]
        mute = self.button("Mute for 2 hours", action=MUTE)
        return self.actions(*buttons, *(follow if can_be_followed(thread) else ()), mute)

    def divider(self) -> Markup:
        return _json('{"type":"divider"}')

    def context(self, *values: object) -> Markup:
        return _json('{"type":"context","elements":[', ",".join(map(self._element, values)), "]}")

    def context_line(self, event: Mapping[str, Any], *ids: object) -> Markup:
        """The last line of a message: when it happened, the ids of what it is about, and the event's."""
        return self.context(slack_date(event["at"]), *ids, f"Event {event['id']}")

    def _element(self, value: object) -> str:
        return self._mrkdwn(value) if isinstance(value, Markup) else self._plain(value)

    def _plain(self, text: object) -> str:
        return f'{{"type":"plain_text","emoji":false,"text":"{self._show(text)}"}}'

    def _mrkdwn(self, text: object) -> str:
        return f'{{"type":"mrkdwn","verbatim":true,"text":"{self._show(text)}"}}'


def _json(*parts: str) -> Markup:
    return Markup("".join(parts))  # noqa: S704  # every value in it is escaped
