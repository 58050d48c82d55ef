"""Folds and encodes a mail's header lines within the limits of RFC 5322 and RFC 2047.

The standard library's own folding will not do: it encodes the ids in References, which then name no
message any more, and loses or doubles the space between two encoded-words (Python 3.11).
"""

import re
from email.header import Header
from email.headerregistry import HeaderRegistry, UniqueAddressHeader, UnstructuredHeader
from email.policy import Policy
from typing import Any

LINE = 76
"""A line with an encoded-word: https://www.rfc-editor.org/rfc/rfc2047#section-2.

Also the length of an encoded line of a body: https://www.rfc-editor.org/rfc/rfc2045#section-6.7.
"""
_LONGEST_WORD = re.compile(rf"\S{{{LINE - len('Subject: ')},}}")


class _Verbatim(UnstructuredHeader):
    """One address or message id: on one line, since a folded or encoded one is another one."""

    def fold(self: Any, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Text(UnstructuredHeader):
    """Text for people. Folded between words; encoded where it is not ASCII, or has a long word."""

    def fold(self: Any, *, policy: Policy) -> str:
        text = str(self)
        plain = text.isascii() and not _LONGEST_WORD.search(text)
        folded = _encode(text, self.name, policy.linesep, "us-ascii" if plain else "utf-8")
        return f"{self.name}: {folded}{policy.linesep}"


class _Sender(UniqueAddressHeader):
    """One address, with or without a name."""

    def fold(self: Any, *, policy: Policy) -> str:
        [address] = self.addresses
        line = f"{self.name}: {address}"
        name, brackets = address.display_name, f"<{address.addr_spec}>"
        if name and not (name.isascii() and len(line) <= LINE):
            name = _encode(name, self.name, policy.linesep, "utf-8")
            line = f"{self.name}: {name}{policy.linesep} {brackets}"
        return f"{line}{policy.linesep}"


def _encode(text: str, name: str, linesep: str, charset: str) -> str:
    return Header(text, charset, maxlinelen=LINE, header_name=name).encode(linesep=linesep)


def header_registry() -> HeaderRegistry:
    """The headers that a mail is written with, for `email.policy.EmailPolicy`."""
    ids = ("message-id", "in-reply-to", "references", "list-id")
    kinds: dict[str, Any] = {"subject": _Text, "from": _Sender, "to": _Verbatim}
    registry = HeaderRegistry()
    for name, kind in (kinds | dict.fromkeys(ids, _Verbatim)).items():
        registry.map_to_type(name, kind)  # which mixes the kind with BaseHeader
    return registry
