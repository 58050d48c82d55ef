"""Menus, pickers and inputs for the templates of Slack's views, which call them `ui`, too.

https://docs.slack.dev/reference/block-kit/block-elements
"""

import json
from collections.abc import Callable, Sequence
from datetime import time

from markupsafe import Markup

from bot.transports.slack.blocks import Blocks
from bot.transports.slack.filters import opaque
from bot.transports.slack.limits import BUTTON, cut

Option = tuple[str, str]
"""The value and the label."""


class Elements(Blocks):
    """Adds elements that people choose or write something in."""

    def section_with(self, accessory: Markup, caller: Callable[[], Markup]) -> Markup:
        """A paragraph with an element beside it: `{% call ui.section_with(ui.button(…)) %}…{% endcall %}`."""
        text = self._mrkdwn(caller())
        return _json('{"type":"section","text":', text, ',"accessory":', accessory, "}")

    def menu(self, action: str, placeholder: str, options: Sequence[Option]) -> Markup:
        """A menu, from which one option is chosen."""
        return self._element_of(
            "static_select", action, options=options, placeholder=self._plain(placeholder)
        )

    def time_picker(self, action: str, at: time, placeholder: str) -> Markup:
        return self._element_of(
            "timepicker",
            action,
            initial_time=f'"{at:%H:%M}"',
            placeholder=self._plain(placeholder),
        )

    def checkbox(self, action: str, value: str, label: str, *, checked: bool) -> Markup:
        option = self._option((value, label))
        initial = {"initial_options": f"[{option}]"} if checked else {}
        return self._element_of("checkboxes", action, options=[(value, label)], **initial)

    def one_of(self, action: str, options: Sequence[Option]) -> Markup:
        """A menu of a form; its first option is chosen."""
        return self._element_of(
            "static_select", action, options=options, initial_option=self._option(options[0])
        )

    def many_of(self, action: str, options: Sequence[Option], placeholder: str) -> Markup:
        """A menu of a form, from which several options are chosen."""
        return self._element_of(
            "multi_static_select", action, options=options, placeholder=self._plain(placeholder)
        )

    def words(self, action: str, placeholder: str, longest: int) -> Markup:
        """One line of text; `longest` is in characters."""
        return self._element_of(
            "plain_text_input",
            action,
            max_length=str(longest),
            placeholder=self._plain(placeholder),
        )

    def number(self, action: str, placeholder: str) -> Markup:
        """A whole number that is not negative."""
        return self._element_of(
            "number_input",
            action,
            is_decimal_allowed="false",
            min_value='"0"',
            placeholder=self._plain(placeholder),
        )

    def field(
        self, name: str, label: str, element: Markup, hint: str = "", *, optional: bool = False
    ) -> Markup:
        """An input of a form; `name` is its block's id, under which errors are shown."""
        return _json(
            f'{{"type":"input","block_id":"{opaque(name)}","label":{self._plain(label)}',
            f',"hint":{self._plain(hint)}' if hint else "",
            ',"optional":true' if optional else "",
            ',"element":',
            element,
            "}",
        )

    def _element_of(
        self, kind: str, action: str, options: Sequence[Option] = (), **more: str
    ) -> Markup:
        """Return an element; `more` are its further fields, as JSON."""
        if options:
            more["options"] = f"[{','.join(map(self._option, options))}]"
        fields = "".join(f',"{name}":{value}' for name, value in more.items())
        return _json(f'{{"type":"{kind}","action_id":"{opaque(action)}"{fields}}}')

    def _option(self, option: Option) -> str:
        value, label = option
        escaped = json.loads(f'"{self._show(label)}"')
        return f'{{"text":{self._plain(opaque(cut(escaped, BUTTON)))},"value":"{opaque(value)}"}}'


def _json(*parts: str) -> Markup:
    return Markup("".join(parts))  # noqa: S704  # every value in it is escaped
