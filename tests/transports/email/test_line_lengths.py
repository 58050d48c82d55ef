"""Line lengths of a MIME message, measured on its raw bytes: RFC 5322, RFC 2045 and RFC 2047."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.transports.email.content import Mail
from bot.transports.email.mime import mime_message
from tests.factories import MAIL, NOW
from tests.renderers import outgoing_mail

LINE = 998
"""https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1, without CRLF."""
ENCODED_LINE = 76
"""https://www.rfc-editor.org/rfc/rfc2045#section-6.7 and section-6.8; for headers RFC 2047."""
ENCODED_WORD = 75
"""https://www.rfc-editor.org/rfc/rfc2047#section-2"""
_ENCODED_WORD = re.compile(rb"=\?[!-~]+?\?[bqBQ]\?[!->@-~]*\?=")

LONG_WORD = "x" * 300
LONG_URL = "https://exports.example.com/" + "a1b2" * 120 + "?signature=" + "%2F" * 60
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WORDS = [
    "results",
    "Zoë",
    "=?utf-8?q?=0D=0ABcc:_x?=",
    LONG_WORD,
    LONG_URL,
    "名字" * 40,
    FAMILY * 12,
    "e\u0301\u0323" * 50,
    "=" * 90,
    ".",
    "From",
    ';,:<>@()[]\\"',
]
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200),
        st.text("abcdefghij=?_.,;", min_size=1, max_size=120),
    ),
    min_size=1,
    max_size=15,
).map(" ".join)


def raw(mail: Mail, sender: str = "bot@example.com", to: str = MAIL.address) -> bytes:
    message = replace(outgoing_mail(mail), destination=replace(MAIL, address=to))
    return mime_message(message, sender, NOW).as_bytes()


def header_block(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[0]


def header(message: bytes, name: str) -> str:
    """The value of a header, unfolded and otherwise as it was sent."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", header_block(message))
    [value] = re.findall(rb"^%s: (.*)$" % name.encode(), unfolded.replace(b"\r", b""), re.MULTILINE)
    return value.decode("ascii")


def decoded(value: str) -> str:
    """The value as RFC 2047 reads it; `decode_header` is an implementation of its own."""
    return str(make_header(decode_header(value)))


def assert_lines_are_short(message: bytes) -> None:
    assert message.isascii()
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= LINE
    for line in header_block(message).split(b"\r\n"):
        words = _ENCODED_WORD.findall(line)
        assert all(len(word) <= ENCODED_WORD for word in words), line
        assert not words or len(line) <= ENCODED_LINE, line
    for part in message_from_bytes(message, policy=default).walk():
        if not part.is_multipart():
            encoded = str(part._payload)  # type: ignore[attr-defined]  # as it was sent
            assert max(map(len, encoded.splitlines())) <= ENCODED_LINE


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=default)
    assert isinstance(found, EmailMessage)
    assert [part.defects for part in found.walk()] == [[], [], []]
    return found


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@given(subject=TEXTS, text=TEXTS, html=TEXTS)
@example(subject=LONG_URL, text=LONG_URL, html=f'<a href="{LONG_URL}">x</a>')
@example(subject="a " * 70 + LONG_WORD, text="名字" * 3_000, html="<p>" + "名字" * 3_000)
@example(subject="名 " * 70, text="x \n" * 30, html="<p>é</p>\n" * 30)
def test_lines_are_as_short_as_mime_requires_and_the_text_can_be_read_back(
    subject: str, text: str, html: str
) -> None:
    message = raw(Mail(subject, f"{text}\n", f"{html}\n"))
    assert_lines_are_short(message)
    read = parsed(message)
    shown = subject.replace("=?", "=\u200b?")
    assert decoded(header(message, "Subject")) == shown
    assert str(read["Subject"]) == shown
    assert body(read, "plain") == f"{text}\n"
    assert body(read, "html") == f"{html}\n"
    assert read["Bcc"] is None


@pytest.mark.parametrize(
    "subject", ["Search completed with 1,204 results: senior Rust engineer in Berlin, remote " * 2]
)
def test_a_long_subject_of_plain_words_is_folded_and_not_encoded(subject: str) -> None:
    message = raw(Mail(subject.strip(), "x\n", "x\n"))
    value = header(message, "Subject")
    assert value == subject.strip()
    lines = header_block(message).split(b"\r\n")
    assert max(map(len, lines)) <= 78


@given(name=TEXTS)
def test_the_senders_name_is_encoded_within_the_limits(name: str) -> None:
    name = re.sub(r'[<>"\\]', "", name).strip() or "Juicebox"
    message = raw(Mail("s", "x\n", "x\n"), f"{name} <bot@example.com>")
    assert_lines_are_short(message)
    value = header(message, "From")
    assert value.endswith("<bot@example.com>")
    assert parsed(message)["From"].addresses[0].addr_spec == "bot@example.com"
    shown = decoded(value.removesuffix(" <bot@example.com>")).removeprefix('"').removesuffix('"')
    assert shown == name.replace("=?", "=\u200b?")


def test_ids_and_addresses_are_never_folded_or_encoded() -> None:
    domain = ".".join(["a" * 60] * 3 + ["example"])
    to = f"{'r' * 60}@{domain}"
    message = raw(Mail("s", "x\n", "x\n", "recruiters", "thread"), f"bot@{domain}", to)
    assert_lines_are_short(message)
    lines = header_block(message).decode().split("\r\n")
    for name in ("Message-ID", "In-Reply-To", "References", "List-ID"):
        [line] = [line for line in lines if line.startswith(f"{name}: ")]
        assert line.endswith(f"{domain}>")
    assert f"To: {to}" in lines
    assert f"From: bot@{domain}" in lines
    assert str(parsed(message)["To"]) == to
