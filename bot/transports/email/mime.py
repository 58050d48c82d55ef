"""Makes a mail of a delivery: the headers that let it be threaded, repeated and left unanswered."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

from bot.errors import DeliveryError
from bot.model import Delivery, Mail
from bot.transports.email.address import LONGEST, MAILABLE
from bot.transports.email.headers import LINE, header_registry

# 7bit has every body encoded that is not ASCII, so that no server needs to know 8BITMIME.
_POLICY = SMTP.clone(max_line_length=LINE, cte_type="7bit", header_factory=header_registry())
# Python reads encoded-words in what it is given, so that `=?utf-8?q?=0D=0ABcc:_x?=` in a value would
# become a header of its own. https://www.rfc-editor.org/rfc/rfc2047#section-2
_NO_ENCODED_WORD = "=\u200b?"
_LAST_ASCII = 0x7F


def write_letter(delivery: Delivery, mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The mail as it is sent; `sender` is what EMAIL_FROM says.

    The same delivery always has the same Message-ID: whoever gets it twice shows it once.

    Raises:
        DeliveryError: final, if the sender or the recipient is no address that mail goes to.
    """
    ours = _sender(sender)
    letter = EmailMessage(policy=_POLICY)
    letter["From"] = ours
    letter["To"] = mailable(delivery.destination.address, "the recipient").addr_spec
    letter["Subject"] = mail.subject.replace("=?", _NO_ENCODED_WORD)
    letter["Date"] = now
    letter["Message-ID"] = f"<{delivery.id}@{ours.domain}>"
    if delivery.notification.thread:
        root = _root(delivery.notification.thread, ours.domain)
        letter["In-Reply-To"] = root
        letter["References"] = root
    # https://www.rfc-editor.org/rfc/rfc3834#section-5 and, for Exchange, learn.microsoft.com/
    # openspecs/exchange_server_protocols/ms-oxcmail: nobody's absence is answered to a bot.
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    # https://www.rfc-editor.org/rfc/rfc2919: what people filter by.
    letter["List-ID"] = f"<{delivery.notification.audience}.juicebox-bot.{ours.domain}>"
    letter.set_content(mail.text, cte=_transfer_encoding(mail.text))
    letter.add_alternative(mail.html, subtype="html", cte=_transfer_encoding(mail.html))
    return letter


def mailable(address: str, whose: str) -> Address:
    """The address, if it is one that every mail server takes; DeliveryError otherwise."""
    parts = MAILABLE.fullmatch(address)
    if parts is None or len(address) > LONGEST:
        raise DeliveryError.permanent(f"{whose} has no address that mail can be sent to")
    return Address(username=parts[1], domain=parts[2])


def _sender(text: str) -> Address:
    """`bot@example.com` or `Juicebox <bot@example.com>`, as the settings permit it."""
    name, bracket, rest = text.rpartition("<")
    address = mailable(rest.removesuffix(">") if bracket else text, "EMAIL_FROM")
    name = name.strip().strip('"').replace("=?", _NO_ENCODED_WORD)
    return Address(name, address.username, address.domain)


def _transfer_encoding(text: str) -> str | None:
    """The shorter of base64 and quoted-printable; None for the one that Python chooses.

    Python decides by the first ten lines, and quoted-printable makes nine bytes of a character that
    has three.
    """
    encoded = text.encode()
    longer_by = 2 * (sum(byte > _LAST_ASCII for byte in encoded) + text.count("="))
    return "base64" if longer_by > len(encoded) / 3 else None


def _root(thread: str, domain: str) -> str:
    """The Message-ID of a mail that never was: all mails of the thread reply to it."""
    return f"<thread_{sha256(thread.encode()).hexdigest()[:24]}@{domain}>"
