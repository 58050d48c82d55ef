"""Email addresses that every mail server accepts, with domains in ASCII."""

import re

import idna

from bot.environment import quoted

_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
MAILABLE = re.compile(rf"({_ATOMS})@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
"""The groups are the local part and the domain."""
MAX_LENGTH = 254
"""https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3, without the brackets."""


def to_mailable(address: str) -> str:
    """Return the address with an international domain as its A-label.

    Raises:
        ValueError: if it is not an address, or its local part is not ASCII. That would need SMTPUTF8
            (https://www.rfc-editor.org/rfc/rfc6531), which few servers support.
    """
    local, at, domain = address.rpartition("@")
    if at and not local.isascii():
        raise ValueError(f"{quoted(address)} cannot be used: the part before its @ must be ASCII")
    mailable = f"{local}{at}{to_ascii(domain)}"
    if len(mailable) > MAX_LENGTH or not MAILABLE.fullmatch(mailable):
        raise ValueError(f"{quoted(address)} is not an email address")
    return mailable


def to_ascii(domain: str) -> str:
    """Return the domain with international labels as A-labels; an ASCII domain unchanged.

    IDNA 2008 with the mapping of UTS 46: https://www.rfc-editor.org/rfc/rfc5891#section-4.4

    Raises:
        ValueError: if the domain has no A-label.
    """
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(f"{quoted(domain)} is not an international domain name") from None
