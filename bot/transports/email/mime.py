"""Builds MIME messages."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

from bot.errors import DeliveryError
from bot.model.outgoing import OutgoingMessage
from bot.transports.email.address import MAILABLE, MAX_LENGTH
from bot.transports.email.content import Mail
from bot.transports.email.headers import MAX_LINE, header_registry
from bot.unsubscribe.links import ONE_CLICK, UnsubscribeLinks

# 7bit encodes every body that is not ASCII, so that no server needs 8BITMIME.
_POLICY = SMTP.clone(max_line_length=MAX_LINE, cte_type="7bit", header_factory=header_registry())
# Python decodes encoded-words in header values, so `=?utf-8?q?=0D=0ABcc:_x?=` would inject a header.
# https://www.rfc-editor.org/rfc/rfc2047#section-2
_NO_ENCODED_WORD = "=\u200b?"
_LAST_ASCII = 0x7F


def mime_message(
    message: OutgoingMessage[Mail],
    from_address: str,
    now: datetime,
    links: UnsubscribeLinks | None = None,
) -> EmailMessage:
    """Return the MIME message; `from_address` is EMAIL_FROM.

    The Message-ID contains the message's id, so that mail programs show a repeated email once. With
    `links`, a mail that has a place for it gets the recipient's own link to unsubscribe.

    Raises:
        DeliveryError: permanent, if EMAIL_FROM or the recipient is not a valid address.
    """
    from_, mail = _parse_from(from_address), message.content
    mime = EmailMessage(policy=_POLICY)
    mime["From"] = from_
    mime["To"] = _mailable(message.destination.address, "the recipient").addr_spec
    mime["Subject"] = mail.subject.replace("=?", _NO_ENCODED_WORD)
    mime["Date"] = now
    mime["Message-ID"] = f"<{message.id}@{from_.domain}>"
    if mail.thread:
        mime["In-Reply-To"] = mime["References"] = _root(mail.thread, from_.domain)
    # Suppress automatic replies: https://www.rfc-editor.org/rfc/rfc3834#section-5 and, for Exchange,
    # learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail.
    mime["Auto-Submitted"] = "auto-generated"
    mime["X-Auto-Response-Suppress"] = "All"
    # For filters: https://www.rfc-editor.org/rfc/rfc2919
    mime["List-ID"] = f"<{mail.list_name}.juicebox-bot.{from_.domain}>"
    if links is not None and mail.link_mark:
        link = links.of(message.destination.address)
        mail = mail.with_link(link)
        # https://www.rfc-editor.org/rfc/rfc8058#section-3.1
        mime["List-Unsubscribe"] = f"<{link}>"
        mime["List-Unsubscribe-Post"] = "=".join(ONE_CLICK)
    mime.set_content(mail.text, cte=_transfer_encoding(mail.text))
    mime.add_alternative(mail.html, subtype="html", cte=_transfer_encoding(mail.html))
    return mime


def _mailable(address: str, whose: str) -> Address:
    """Parse an address that every mail server accepts."""
    parts = MAILABLE.fullmatch(address)
    if parts is None or len(address) > MAX_LENGTH:
        raise DeliveryError.permanent(f"{whose} has no address that mail can be sent to")
    return Address(username=parts[1], domain=parts[2])


def _parse_from(text: str) -> Address:
    """Parse `bot@example.com` or `Juicebox <bot@example.com>`."""
    name, bracket, rest = text.rpartition("<")
    address = _mailable(rest.removesuffix(">") if bracket else text, "EMAIL_FROM")
    name = name.strip().strip('"').replace("=?", _NO_ENCODED_WORD)
    return Address(name, address.username, address.domain)


def _transfer_encoding(text: str) -> str | None:
    """Return base64 if it is shorter than quoted-printable, else None for Python's default.

    Python decides by the first ten lines; quoted-printable makes nine bytes of three.
    """
    encoded = text.encode()
    longer_by = 2 * (sum(byte > _LAST_ASCII for byte in encoded) + text.count("="))
    return "base64" if longer_by > len(encoded) / 3 else None


def _root(thread: str, domain: str) -> str:
    """Return the Message-ID that all emails of the thread reply to, and no email has."""
    return f"<thread_{sha256(thread.encode()).hexdigest()[:24]}@{domain}>"
