"""International domain names in ASCII."""

import idna

from bot.errors import quoted


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
