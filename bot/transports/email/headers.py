"""Folds and encodes an email's header lines within the limits of RFC 5322 and RFC 2047.

The standard library (Python 3.11) would encode the ids in References, which breaks them, and lose or
double the space between two encoded-words.
"""

import re
from email.header import Header
from email.headerregistry import HeaderRegistry, UniqueAddressHeader, UnstructuredHeader
from email.policy import Policy
from typing import Any

MAX_LINE = 76
"""Of a line with an encoded-word: https://www.rfc-editor.org/rfc/rfc2047#section-2, and of an encoded line
of a body: https://www.rfc-editor.org/rfc/rfc2045#section-6.7."""
_LONG_WORD = re.compile(rf"\S{{{MAX_LINE - len('Subject: ')},}}")


class _Verbatim(UnstructuredHeader):
    """An address, a message id or a link, which must not be folded or encoded."""

    def fold(self: Any, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Text(UnstructuredHeader):
    """Text, folded between words; encoded if it is not ASCII or has a long word."""

    def fold(self: Any, *, policy: Policy) -> str:
        text = str(self)
        plain = text.isascii() and not _LONG_WORD.search(text)
        folded = _encode(text, self.name, policy.linesep, "us-ascii" if plain else "utf-8")
        return f"{self.name}: {folded}{policy.linesep}"


class _Sender(UniqueAddressHeader):
    """An address with an optional name."""

    def fold(self: Any, *, policy: Policy) -> str:
        [address] = self.addresses
        line = f"{self.name}: {address}"
        name, brackets = address.display_name, f"<{address.addr_spec}>"
        if name and not (name.isascii() and len(line) <= MAX_LINE):
            name = _encode(name, self.name, policy.linesep, "utf-8")
            line = f"{self.name}: {name}{policy.linesep} {brackets}"
        return f"{line}{policy.linesep}"


def _encode(text: str, name: str, linesep: str, charset: str) -> str:
    return Header(text, charset, maxlinelen=MAX_LINE, header_name=name).encode(linesep=linesep)


def header_registry() -> HeaderRegistry:
    """Return the types of an email's headers, for `email.policy.EmailPolicy`."""
    ids = ("message-id", "in-reply-to", "references", "list-id")
    links = ("list-unsubscribe", "list-unsubscribe-post")
    kinds: dict[str, Any] = {"subject": _Text, "from": _Sender, "to": _Verbatim}
    registry = HeaderRegistry()
    for name, kind in (kinds | dict.fromkeys((*ids, *links), _Verbatim)).items():
        registry.map_to_type(name, kind)  # which adds BaseHeader to its bases
    return registry
