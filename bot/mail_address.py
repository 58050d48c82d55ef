"""Which mail addresses every mail server takes."""

import re

_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
MAILABLE = re.compile(rf"({_ATOMS})@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
"""Its groups are what stands before and after the @."""
LONGEST = 254
"""https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3, less the brackets."""


def is_mailable(address: str) -> bool:
    return len(address) <= LONGEST and MAILABLE.fullmatch(address) is not None
