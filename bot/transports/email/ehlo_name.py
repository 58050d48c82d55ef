"""The name by which this bot introduces itself to a mail server."""

import re

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
_ADDRESS_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\]")
_MOST_CHARACTERS = 253
_PRIVATE = frozenset(
    {
        *("localhost", "localdomain", "local", "internal", "lan", "home", "corp", "intranet"),
        *("private", "arpa", "invalid", "test", "example", "onion"),
    }
)
"""Top levels that nobody else can look up: https://www.iana.org/assignments/special-use-domain-names,
https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en
(.internal), and what private networks use."""


def ehlo_name(machine: str, sender_domain: str) -> str:
    """The machine's own name if it is a public domain, else the domain that mails are sent from.

    A server that checks the name refuses an address literal, or a name without a dot:
    https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4. `machine` is what the system calls itself;
    it is not looked up, since that can take seconds.
    """
    domain = machine.rstrip(".")
    top = domain.rpartition(".")[2].lower()
    return domain if is_domain(domain) and top not in _PRIVATE else sender_domain


def is_ehlo_name(name: str) -> bool:
    """Whether EHLO takes it: a domain or an address literal."""
    return is_domain(name) or _ADDRESS_LITERAL.fullmatch(name) is not None


def is_domain(name: str) -> bool:
    return len(name) <= _MOST_CHARACTERS and _DOMAIN.fullmatch(name) is not None
