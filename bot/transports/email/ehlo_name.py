"""The name that is sent with EHLO."""

import re

from bot.environment import quoted

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
_ADDRESS_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\]")
_MAX_LENGTH = 253
_PRIVATE_TOP_LEVELS = {
    *("localhost", "localdomain", "local", "internal", "lan", "home", "corp", "intranet"),
    *("private", "arpa", "invalid", "test", "example", "onion"),
}
"""Not in the public DNS: https://www.iana.org/assignments/special-use-domain-names,
https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en
(.internal), and names common in private networks."""


def ehlo_name(machine: str, sender_domain: str) -> str:
    """Return the host name `machine` if it is a public domain, else EMAIL_FROM's domain.

    Servers that check the name refuse address literals and names without a dot:
    https://www.rfc-editor.org/rfc/rfc5321#section-4.1.4. It is not looked up in DNS, which can take
    seconds.
    """
    domain = machine.rstrip(".")
    top = domain.rpartition(".")[2].lower()
    return domain if _is_domain(domain) and top not in _PRIVATE_TOP_LEVELS else sender_domain


def check_ehlo_name(name: str) -> str:
    """Return the name if it is a domain or an address literal, as EHLO requires.

    Raises:
        ValueError: if it is neither.
    """
    if not _is_domain(name) and not _ADDRESS_LITERAL.fullmatch(name):
        example = "a domain such as bot.example.com, or an address literal"
        raise ValueError(f"must be {example}, got {quoted(name)}")
    return name


def _is_domain(name: str) -> bool:
    return len(name) <= _MAX_LENGTH and _DOMAIN.fullmatch(name) is not None
